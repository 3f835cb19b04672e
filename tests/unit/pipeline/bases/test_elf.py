"""Programs without their symbols do what they did."""

from __future__ import annotations

import subprocess

import pytest

from pipeline.bases.elf import stripped

SOURCE = 'package main\n\nfunc main() { println(len("symbols")) }\n'


@pytest.fixture
def program(tmp_path):
    """A program that has its symbols and debug information behind all that is loaded, as linkers put them."""
    (tmp_path / "main.go").write_text(SOURCE)
    (tmp_path / "go.mod").write_text("module a.test/a\n\ngo 1.24\n")
    subprocess.run(["go", "build", "-o", "program"], cwd=tmp_path, check=True)
    return tmp_path / "program"


def test_a_program_runs_as_before_and_is_smaller(program):
    before = program.read_bytes()
    after = stripped(before)
    assert len(after) < 0.8 * len(before)
    assert b"main.go" in after
    assert stripped(after) == after
    program.write_bytes(after)
    assert subprocess.run([program], capture_output=True, check=True).stderr == b"7\n"
    told = subprocess.run(["go", "version", program], capture_output=True, text=True, check=True).stdout
    assert "program: go1." in told


@pytest.mark.parametrize(
    "body", [b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01", b"\x7fELF\x01\x01" + bytes(99), b"\x7fELF\x02\x01" + bytes(99)]
)
def test_what_is_no_such_program_stays_as_it_is(body):
    assert stripped(body) == body
