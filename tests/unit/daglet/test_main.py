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
    assert set(json.loads(done.stdout)) == {"error", "hint"}
    assert "BUILDKIT_HOST" in json.loads(done.stdout)["hint"]
    assert "Traceback" not in done.stderr
