"""What buildctl's end is taken for, by what it says at the end."""

from __future__ import annotations

import json

import pytest

from daglet import buildctl
from daglet.dockerfile import Plan
from daglet.errors import BuildFailed, EngineLost, ExecFailed
from daglet.progress import Progress

PLAN = Plan("", "", "", {}, {}, {}, {})
_GONE = "error: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF"
_REFUSED = (
    'error: listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: Error while '
    'dialing: dial tcp 127.0.0.1:39113: connect: connection refused"'
)


class Engine:
    address = "tcp://a:1"


def ended(*lines):
    progress = Progress()
    for line in lines:
        progress.feed(line if isinstance(line, str) else json.dumps({"vertexes": [{"digest": "sha256:1", **line}]}))
    return buildctl._failure(Engine(), PLAN, progress)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"name": "RUN x"}, _GONE], "error reading from server: EOF"),
        ([{"name": "RUN x", "error": "context canceled"}, _GONE], "error reading from server: EOF"),
        ([_REFUSED], '"transport: Error while dialing: dial tcp 127.0.0.1:39113: connect: connection refused"'),
    ],
)
def test_an_engine_that_went_away(lines, reason):
    error = ended(*lines)
    assert isinstance(error, EngineLost)
    assert (error.address, error.reason) == ("tcp://a:1", reason)


@pytest.mark.parametrize(
    "lines",
    [
        [{"name": "FROM x", "error": "x: not found"}, "error: failed to solve: x: not found"],
        [{"name": "FROM x", "error": "registry: Unavailable: no"}, "error: failed to solve: registry: Unavailable: no"],
        ["error: dockerfile parse error on line 1"],
        [],
    ],
)
def test_a_build_that_failed_on_an_engine_that_is_there(lines):
    error = ended(*lines)
    assert not isinstance(error, EngineLost | ExecFailed)
    assert isinstance(error, BuildFailed)
