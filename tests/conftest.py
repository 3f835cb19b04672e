"""Fixtures of all tests: golden files, which `--update-golden` rewrites."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

GOLDEN = Path(__file__).parent / "golden"

# An example that writes to a disk takes as long as the disk does, and time is no test.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what the code gives now")
    parser.addoption("--record", action="store_true", help="record the conformance programs on a Dagger Engine")


class Scheduling(LoadScopeScheduling):
    """A module's tests run in one process, and all that use the built services in the same one."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return "workspace" if _shares(module) else module


_SHARING = re.compile(r"(?:@pytest\.fixture.*\ndef \w+|^(?:async )?def test_\w+)\((?:.*, )?(?:workspace|built)\b", re.MULTILINE)


@cache
def _shares(module: str) -> bool:
    path = GOLDEN.parents[1] / module
    return path.parent.name == "engine" and bool(_SHARING.search(path.read_text(encoding="utf-8")))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Return what decides which process runs which tests, where there are several."""
    return Scheduling(config, log)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str | Path, str], None]:
    """Compare a text with the golden file of a name, or with a file by its absolute path."""

    def compare(name: str | Path, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        difference = "".join(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), str(path), "now"))
        assert text == expected, f"--update-golden rewrites the file if this is meant:\n{difference}"

    return compare
