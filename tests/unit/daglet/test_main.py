from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_without_an_engine_one_line_says_why_and_the_way_out(tmp_path):
    environ = {**os.environ, "DAGLET_CACHE": str(tmp_path), "DAGLET_STATE": str(tmp_path), "PATH": "/nonexistent"}
    environ.pop("BUILDKIT_HOST", None)
    done = subprocess.run(
        [sys.executable, "-m", "daglet", "session", "--label", "a:b"],
        env=environ,
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert set(told) == {"error", "hint", "exit_code"}
    assert "BUILDKIT_HOST" in told["hint"]
    assert told["exit_code"] == 1
    assert "Traceback" not in done.stderr


def test_arguments_may_come_later_or_never(tmp_path):
    """Whoever starts it early need not have a use for it in the end."""
    environ = {**os.environ, "DAGLET_CACHE": str(tmp_path), "DAGLET_STATE": str(tmp_path), "PATH": "/nonexistent"}
    environ.pop("BUILDKIT_HOST", None)
    command = [sys.executable, "-m", "daglet", "session", "--arguments-from-stdin"]
    never, later = (
        subprocess.run(command, env=environ, input=text, capture_output=True, text=True, check=False) for text in ("", "[]\n")
    )
    assert (never.returncode, never.stdout, never.stderr) == (0, "", "")
    assert json.loads(later.stdout)["error"]


@pytest.mark.parametrize(
    ("arguments", "given", "told"),
    [
        ((), "/dev/null", "standard input has to be a pipe, a socket or a terminal: the session ends when it is closed"),
        ((), __file__, "standard input has to be a pipe, a socket or a terminal: the session ends when it is closed"),
        (("--workdir", "/nope"), None, "cannot work in /nope: No such file or directory"),
        (("--workdir", __file__), None, f"cannot work in {__file__}: Not a directory"),
    ],
)
def test_what_no_session_can_be_served_with_is_told_in_a_sentence(tmp_path, arguments, given, told):
    environ = {**os.environ, "DAGLET_CACHE": str(tmp_path), "DAGLET_STATE": str(tmp_path)}
    command = [sys.executable, "-m", "daglet", "session", *arguments]
    with Path(given or os.devnull).open("rb") as content:
        stdin = content if given else subprocess.PIPE
        done = subprocess.run(command, env=environ, stdin=stdin, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"daglet: {told}\n")


def test_a_standard_input_that_is_closed_is_none(tmp_path):
    command = ["sh", "-c", 'exec "$@" <&-', "--", sys.executable, "-m", "daglet", "session"]
    environ = {**os.environ, "DAGLET_CACHE": str(tmp_path), "DAGLET_STATE": str(tmp_path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("daglet: standard input has to be ")
