"""Which programs of a module a main package is made of."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.golang.imports import others, reached, unmade
from pipeline.detect.golang.modules import module
from pipeline.detect.programs import GO_FILES, programs


def names(folder, path, *mains, beside=()):
    found = reached(programs(folder, path, GO_FILES), path, "example.com/a", mains, beside)
    return [file.name for file in found]


def test_a_main_package_is_made_of_what_it_imports_and_of_what_that_imports(tmp_path):
    write(
        tmp_path,
        {
            "cmd/api/main.go": 'package main\n\nimport own "example.com/a/internal/web"\n',
            "cmd/api/more.go": "package main\n",
            "cmd/job/main.go": 'package main\n\nimport "example.com/a"\n',
            "internal/store/a.go": "package store\n",
            "internal/web/a.go": 'package web\n\nimport (\n\t"example.com/a/internal/web/b"\n\t"example.com/ab/internal/store"\n)\n',
            "internal/web/b/a.go": 'package b\n\nimport "example.com/a/internal/web"\n',
            "root.go": "package a\n",
        },
    )
    api = ["cmd/api/main.go", "cmd/api/more.go", "internal/web/a.go", "internal/web/b/a.go"]
    assert names(tmp_path, ".", "./cmd/api") == api
    assert names(tmp_path, "svc", "./cmd/job") == ["svc/root.go", "svc/cmd/job/main.go"]
    assert names(tmp_path, ".", ".") == ["root.go"]
    assert names(tmp_path, ".", "./cmd/api", "./cmd/job") == ["root.go", *api[:2], "cmd/job/main.go", *api[2:]]


def test_another_module_may_import_packages_of_this_one(tmp_path):
    write(
        tmp_path,
        {"a/main.go": "package main\n", "a/api/a.go": "package api\n", "b/b.go": 'package b\n\nimport "example.com/a/api"\n'},
    )
    beside = programs(tmp_path / "b", "b", GO_FILES)
    assert names(tmp_path / "a", "a", ".") == ["a/main.go"]
    assert names(tmp_path / "a", "a", ".", beside=beside) == ["a/main.go", "a/api/a.go"]


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        ("example.com/a/internal/pb", "internal/pb"),
        ("example.com/a/internal/store", ""),
        ("example.com/a/docs", ""),
        ("example.com/a", ""),
        ("example.com/ab/pb", ""),
        ("example.com/a/sdk/v2/api", ""),
        ("example.com/a/sdk/v2", ""),
        ("example.com/a/../b", ""),
        ("example.com/a/\0", ""),
    ],
)
def test_a_package_that_is_imported_and_not_there_is_asked_for(tmp_path, imported, expected):
    main = f'package main\n\nimport (\n\t"fmt"\n\tpb "{imported}"\n)\n\nvar other = "example.com/a/none"\n'
    write(tmp_path, {"cmd/main.go": main, "internal/store/a.go": "package store\n", "docs/docs.go": "package docs\n"})
    (tmp_path / "go.mod").write_text("module example.com/a\n\ngo 1.26\n\nrequire example.com/a/sdk/v2 v2.0.0\n")
    found = unmade(programs(tmp_path, "svc", GO_FILES), tmp_path, module(tmp_path / "go.mod", "svc/go.mod", "svc"))
    assert (found.source if found else "") == (
        f"svc/cmd/main.go:5, {expected} is imported and not there: name what makes it, or have it made beforehand"
        if expected
        else ""
    )


def test_the_other_main_packages_of_a_module_are_told_from_what_they_import(tmp_path):
    mains = dict.fromkeys(("cmd/api/a.go", "cmd/job/a.go", "cmd/job/b.go", "tool.go"), "// Package.\npackage main\n")
    write(tmp_path, {**mains, "cmd/job/own/a.go": "package own\n\n// package main\n", "cmd/x/a.go": "package mainly\n"})
    write(tmp_path, {"lib/a.go": "package lib\n", "lib/gen.go": "// +build ignore\n\npackage main\n"})
    files = programs(tmp_path, "svc", GO_FILES)
    assert others(files, "svc", ["./cmd/api"]) == (".", "cmd/job")
    assert others(files, "svc", [".", "./cmd/job"]) == ("cmd/api",)
