"""A Go module that the tests of services of its kind begin with."""

from __future__ import annotations

import pytest


@pytest.fixture
def module(tmp_path):
    """A module of one program that requires another, in a folder of its own."""
    folder = tmp_path / "auth"
    (folder / "cmd" / "server").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/auth\n\ngo 1.26\n\nrequire example.com/log v1.0.0\n")
    (folder / "go.sum").write_text("example.com/log v1.0.0 h1:A=\n")
    (folder / "cmd" / "server" / "main.go").write_text("package main\n\nvar version string\n\nfunc main() {}\n")
    return folder
