"""go.mod and go.work are read as the go command reads them."""

from __future__ import annotations

import json
import subprocess

import pytest

from pipeline.detect.golang import modules

GO_MOD = """\
// A comment. module example.com/wrong
module example.com/a // go 1.1

go 1.25.0
toolchain go1.26.8

require example.com/b v1.0.0
require( // these
\texample.com/c/v2 v2.3.4-0.20260101000000-0123456789ab // indirect
\t"example.com/d" v0.0.1//indirect
\t// example.com/commented v1.0.0

) // and no more
exclude example.com/c/v2 v2.0.0
retract [v1.0.0, v1.0.1] // require example.com/no v1.0.0
replace (
\texample.com/b => ../b
\texample.com/d v0.0.1 => "./with space"
\texample.com/c/v2 => example.com/fork/v2 v2.0.1
)
ignore ./build
tool (
\texample.com/b/cmd/b
)
"""
GO_WORK = 'go 1.25\n\nuse (\n\t. // this one\n\t./a//b\n\t"./c d"\n)\nuse ./e\n\nreplace example.com/b => ./b\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "go.mod").write_text(GO_MOD)
    (tmp_path / "go.work").write_text(GO_WORK)
    return tmp_path


def told(folder, *command):
    done = subprocess.run(["go", *command, "edit", "-json"], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_module(folder):
    read, expected = modules.module(folder / "go.mod", "go.mod", "x"), told(folder, "mod")
    assert (read.path, read.go, f"go{read.toolchain}") == (expected["Module"]["Path"], expected["Go"], expected["Toolchain"])
    assert list(read.requires) == [(item["Path"], item["Version"]) for item in expected["Require"]]
    assert list(read.local) == [item["New"]["Path"] for item in expected["Replace"] if "Version" not in item["New"]]
    assert read.lines == {"module": 2, "go": 4, "toolchain": 5}


def test_a_workspace(folder):
    read = modules.used(folder / "go.work", "go.work", "x")
    assert list(read) == [item["DiskPath"] for item in told(folder, "work")["Use"]]
