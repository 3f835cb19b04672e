from __future__ import annotations

import json
import os
import subprocess
import sys


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
