"""Which Go files a build takes in."""

from __future__ import annotations

import pytest

from pipeline.detect.constraints import built


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.go", "", True),
        ("a.go", "//go:build linux\n", True),
        ("a.go", "// Copyright.\n\n//go:build !windows && (amd64 || arm64)\n\n", True),
        ("a.go", "//go:build cgo && go1.21\n", True),
        ("a.go", "//go:build profile\n", False),
        ("a.go", "//go:build ignore\n", False),
        ("a.go", "//go:build !linux\n", False),
        ("a.go", "//go:build darwin || (linux && !cgo)\n", False),
        ("a_windows.go", "", False),
        ("a_darwin_arm64.go", "", False),
        ("a_linux.go", "", True),
        ("windows.go", "", True),
        ("a.go", "//go:build no constraint(\n", True),
    ],
)
def test_what_a_build_for_linux_takes(name, head, expected):
    assert built(name, f"{head}package a\n".encode()) is expected


def test_a_tag_that_is_set():
    content = b"//go:build profile && !lite\n\npackage a\n"
    assert built("a.go", content, frozenset({"profile"}))
    assert not built("a.go", content, frozenset({"profile", "lite"}))


def test_a_constraint_stands_before_the_package():
    assert built("a.go", b"package a\n\nconst text = `\n//go:build profile\n`\n")
