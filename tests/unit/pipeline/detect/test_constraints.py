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
        ("a.go", "//go:build arm64 && unix && gc\n", True),
        ("a.go", "//go:build profile\n", False),
        ("a.go", "// A package for profiles.\n\n//go:build profile\n", False),
        ("a.go", "// What //go:build profile is for.\n", True),
        ("a.go", "//go:build ignore\n", False),
        ("a.go", "//go:build !linux\n", False),
        ("a.go", "//go:build darwin || (linux && !cgo)\n", False),
        ("a.go", "//go:build cgo && (amd64 || 386)\n", True),
        ("a.go", "//go:build !386\n", True),
        ("a.go", "//go:build !with\n", True),
        ("a.go", "//go:build 386 || with\n", False),
        ("a.go", "//go:build goexperiment.jsonv2\n", False),
        ("a_windows.go", "", False),
        ("a_darwin_arm64.go", "", False),
        ("a_386.go", "", False),
        ("a_linux_arm.go", "", False),
        ("a_linux.go", "", True),
        ("a_arm64.go", "", True),
        ("push_ios_client.go", "", True),
        ("windows.go", "", True),
        ("a.go", "//go:build no constraint(\n", True),
        ("a.go", "//go:build darwin,windows\n", True),
    ],
)
def test_what_a_build_for_linux_takes(name, head, expected):
    assert built(name, f"{head}package a\n".encode()) is expected


def test_a_tag_that_is_set():
    content = b"//go:build profile && !lite\n\npackage a\n"
    assert built("a.go", content, ["profile"])
    assert not built("a.go", content, ["profile", "lite"])
    assert built("a.go", b"//go:build a.b\n\npackage a\n", ["a.b"])


def test_a_constraint_stands_before_the_package():
    assert built("a.go", b"// Alone.\npackage a\n\nconst text = `\n//go:build profile\n`\n")


@pytest.mark.parametrize("content", [b"", b"// Nothing yet.\n", b"//go:build \xff(\n\npackage a\n"])
def test_what_says_nothing_that_can_be_read_is_taken(content):
    assert built("a.go", content)


def test_a_constraint_holds_without_a_package_after_it():
    assert not built("a.go", b"//go:build darwin\n")
