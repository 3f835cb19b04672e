"""The threat model names a test for each promise, and each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def promises():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = text.partition("| promise | test |")[2].partition("\n\n")[0].splitlines()[2:]
    yield from (row.strip("| ").split(" | ") for row in rows)


PROMISES = dict(promises())


def test_the_promises_were_read():
    assert len(PROMISES) >= 12


@pytest.mark.parametrize("tests", PROMISES.values(), ids=range(len(PROMISES)))
def test_a_promise_has_its_tests(tests):
    path = ""
    for name in re.findall("`([^`]+)`", tests):
        file, _, function = name.partition("::")
        path = file or path
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not function or re.search(rf"^(async )?def {function}\(", text, re.MULTILINE), name
