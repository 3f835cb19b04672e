"""Which packages of a Go module are programs, and which of them the service is."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Service
from pipeline.detect import detect
from pipeline.detect.golang.mains import base, declared, packages_of

MAIN = "package main\n\nfunc main() {}\n"


def test_programs_are_looked_for_where_go_takes_packages_from(tmp_path):
    others = ("vendor/a", "testdata", "cmd/testdata/a", "node_modules/a", ".git", "_old", "tools")
    write(
        tmp_path,
        {
            "main.go": MAIN,
            "cmd/b/main.go": MAIN,
            "cmd/a/b/main.go": MAIN,
            "lib/lib.go": "package lib\n",
            "web/main.js": "package main\n",
            **{f"{folder}/main.go": MAIN for folder in others},
            "tools/go.mod": "module example.com/tools\n",
        },
    )
    assert list(packages_of(tmp_path)) == [".", "./cmd/a/b", "./cmd/b"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.go": "package main\n\nfunc x() {}\n", "b.go": MAIN}, ("b.go", 3)),
        ({"a.go": "\npackage main\n", "b.go": "package main\n"}, ("a.go", 2)),
        ({"a.go": "package main\n\ntype x int\n\nfunc (x) main() {}\n"}, ("a.go", 1)),
        ({"a.go": "//go:build ignore\n\npackage tool\n", "b.go": MAIN}, ("b.go", 3)),
        ({"a_test.go": "package a_test\n", "b.go": MAIN}, ("b.go", 3)),
        ({"a_windows.go": MAIN}, None),
        ({"a.go": f"//go:build ignore\n\n{MAIN}"}, None),
        ({"a_test.go": MAIN}, None),
        ({"a.go": "package a\n", "main.txt": MAIN}, None),
        ({}, None),
    ],
)
def test_a_folder_is_a_program_by_what_a_build_takes_of_it(tmp_path, files, expected):
    write(tmp_path, files)
    assert declared(tmp_path) == expected


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("example.com/shop/auth", "auth"),
        ("example.com/auth/v2", "auth"),
        ("example.com/shop/v2ray", "v2ray"),
        ("example.com/2", "2"),
        ("auth", "auth"),
        ("v2", "v2"),
    ],
)
def test_a_module_s_own_name_is_no_version(module, name):
    assert base(module) == name


@pytest.mark.parametrize("path", ["auth", "."])
@pytest.mark.parametrize(("folder", "main"), [("", "."), ("cmd/server/", "./cmd/server")])
def test_the_program_is_told_with_its_place(tmp_path, path, folder, main):
    shown = f"{'' if path == '.' else f'{path}/'}{folder}main.go"
    write(tmp_path / path, {"go.mod": "module example.com/auth\n\ngo 1.26\n", f"{folder}main.go": MAIN})
    [found] = [item for item in detect(tmp_path, "auth", Service(path=path)).settings if item.key == "go.main"]
    assert (found.value, found.source) == (main, f"{shown}:3, func main")
