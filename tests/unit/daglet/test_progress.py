from __future__ import annotations

import base64
import json

import pytest

from daglet.progress import Progress, Vertex

ERROR = 'process "npm run \\"build\\"" did not complete successfully: exit code: 2'


def test_a_failed_command_is_found_with_its_streams():
    progress = Progress()
    progress.feed(json.dumps({"vertexes": [{"digest": "a", "name": "[b 2/2] RUN", "started": "now"}]}))
    log = {"vertex": "a", "stream": 2, "data": base64.b64encode(b"bad\n").decode()}
    progress.feed(
        json.dumps({"logs": [log], "vertexes": [{"digest": "c", "error": "canceled"}, {"digest": "a", "error": ERROR}]})
    )
    vertex = progress.failed
    assert vertex.digest == "a"
    assert vertex.exit_code == 2
    assert vertex.command == 'npm run "build"'
    assert progress.streams(vertex) == ("", "bad\n")


@pytest.mark.parametrize(
    ("quoted", "command"),
    [
        (r"printf \x1b[1m\a\v\x7f", "printf \x1b[1m\a\v\x7f"),
        (r"a\tb\nc\"\\", 'a\tb\nc"\\'),
        (r"\\x41 \\n", r"\x41 \n"),
        (r"\u200b\U000e0001 ä", "\u200b\U000e0001 ä"),
    ],
)
def test_a_command_is_read_as_go_quotes_it(quoted, command):
    error = f'process "{quoted}" did not complete successfully: exit code: 1'
    assert Vertex("a", error=error).command == command


def test_a_command_that_was_killed_because_another_failed_is_not_the_one():
    progress = Progress()
    killed = 'process "touch" did not complete successfully: exit code: 137: context canceled: context canceled'
    progress.feed(json.dumps({"vertexes": [{"digest": "a", "error": killed}, {"digest": "b", "error": ERROR}]}))
    assert progress.failed.digest == "b"


def test_other_lines_are_messages():
    progress = Progress()
    progress.feed("error: failed to dial\n")
    assert progress.messages == ["error: failed to dial"]
    assert progress.failed is None
