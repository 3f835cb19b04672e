"""The host's package managers: what goes wrong with one is told with the way out."""

from __future__ import annotations

import pytest

from pipeline.bases import BaseError, tools
from pipeline.bases.tools import run


def test_the_output_is_returned():
    assert run(["echo", "a"], hint="") == "a\n"


def test_a_missing_program():
    with pytest.raises(BaseError, match=r"^no-such-program is not installed, .*; install it$"):
        run(["no-such-program"], hint="install it")


def test_a_failure_tells_the_last_lines():
    with pytest.raises(BaseError) as caught:
        run(["sh", "-c", "seq 9 >&2; exit 3"], hint="look")
    assert str(caught.value) == "sh -c seq 9 >&2; exit 3 failed:\n5\n6\n7\n8\n9; look"


def test_one_that_hangs(monkeypatch):
    monkeypatch.setattr(tools, "_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(BaseError, match=r"sleep 60 did not finish in 0.2 s; check the network"):
        run(["sleep", "60"], hint="")
