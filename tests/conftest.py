"""Fixtures of all tests: golden files, which `--update-golden` rewrites."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what the code gives now")
    parser.addoption("--corpus", action="store_true", help="build every repository of the corpus, not the quick ones alone")
    parser.addoption("--record", action="store_true", help="record the conformance programs on a Dagger Engine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares fixtures when tests run in several processes: a module, and all that uses the built services."""
    shared = {item.path for item in items if "workspace" in getattr(item, "fixturenames", ())}
    for item in items:
        name = "workspace" if item.path in shared else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        difference = "".join(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), str(path), "now"))
        assert text == expected, f"--update-golden rewrites the file if this is meant:\n{difference}"

    return compare
