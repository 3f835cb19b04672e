"""The command line: bad input is one clear line and exit code 2, before anything runs."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(folder, *arguments):
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, ("build",), "there is no pipeline.toml"),
        ("x = = 1", ("build",), "pipeline.toml:1:5: not valid TOML"),
        ('[services.a]\npath = "a"\n', ("build",), "neither a package.json nor a go.mod"),
        ('[services.a]\npath = "a"\n', ("build", "b"), "no service 'b'"),
        ('[services.a]\npath = "a"\n', ("build", "--platform", "linux/x"), "--platform 'linux/x' is not supported"),
        ('[services.a]\npath = "a"\n', ("plan", "--format", "xml"), "--format is 'xml'"),
        ('[services.a]\npath = "a"\n', ("build", "--root", "gone"), "--root gone is no folder"),
        ('[services.a]\npath = "a"\n', ("build", "--progress", "loud"), "--progress is 'loud'"),
    ],
)
def test_bad_input(tmp_path, text, arguments, message):
    (tmp_path / "a").mkdir()
    if text is not None:
        (tmp_path / "pipeline.toml").write_text(text)
    done = run(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_plans_of_this_repository(request, golden):
    root = request.config.rootpath
    for form in ("text", "json", "mermaid"):
        golden(f"pipeline/plan.{form}", run(root, "plan", "--format", form, "--platform", "linux/amd64").stdout)
