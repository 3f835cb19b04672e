"""Every program gives on daglet what it gave on a Dagger Engine, or is known to differ, and how.

`pytest tests/conformance --record` runs the programs on the Dagger Engine that the client finds, and keeps the results.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest

from conformance import comparison, programs
from conformance.program import PROGRAMS
from conformance.session import Observations, observed
from daglet.resolve import FIELDS

_DAGLET = Path(sys.executable).with_name("daglet")


@pytest.fixture(scope="module")
def observations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Observations:
    """What the engine makes of the programs that were selected."""
    folder = tmp_path_factory.mktemp("conformance")
    selected = {item.name for item in request.session.items}
    chosen = [program for name, program in PROGRAMS.items() if f"test_program[{name}]" in selected]
    if not request.config.getoption("--record"):
        state = str(tmp_path_factory.mktemp("state"))
        return observed(chosen, folder, {"_EXPERIMENTAL_DAGGER_CLI_BIN": str(_DAGLET), "DAGLET_STATE": state})
    found = observed(chosen, folder, {})
    kept = {name: seen for name, seen in found.seen.items() if not isinstance(seen, Exception)}
    comparison.record(found.engine, kept, PROGRAMS)
    return found


@pytest.mark.engine
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, observations: Observations, request: pytest.FixtureRequest) -> None:
    seen = observations.seen[name]
    if isinstance(seen, Exception):
        raise seen
    if request.config.getoption("--record"):
        return
    recorded = comparison.recordings()[name]
    settled = comparison.in_terms_of(recorded, seen)
    if known := comparison.differences().get(name):
        assert settled != recorded, f"{name} agrees now: take it out of differences.json"
        assert settled == known["daglet"], comparison.text({name: {**known, "daglet": settled}})
    else:
        assert settled == recorded, comparison.text({name: {"because": "", "daglet": settled}})


def test_every_served_field_has_a_program() -> None:
    text = "".join(inspect.getsource(getattr(programs, module)) for module in programs.__all__)
    missing = [f"{kind}.{field}" for kind, fields in FIELDS.items() for field in fields if f".{_in_python(field)}(" not in text]
    # A registry has to be there for these: they are tested with one in tests/engine.
    assert missing == ["Container.from", "Container.imageRef", "Container.publish"]


def test_every_difference_is_of_a_program_and_has_a_reason() -> None:
    known = comparison.differences()
    assert known.keys() <= PROGRAMS.keys()
    assert all(entry["because"] for entry in known.values())


def _in_python(field: str) -> str:
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", field).lower()
    return {"import": "import_"}.get(name, name)
