"""The variables that the linker sets, and which of them it passes over."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Build, Go, Service
from pipeline.detect.golang.modules import Module
from pipeline.detect.golang.variables import variables
from pipeline.detect.programs import GO_FILES, programs

MODULE = "example.test/a"


@pytest.fixture
def told(tmp_path):
    """What is told of a variable, in a module of two programs and a package."""
    write(
        tmp_path,
        {
            "cmd/a/main.go": "package main\n\nvar (\n\tversion, Commit string\n)\n\nfunc main() { var local string }\n",
            "cmd/tool/main.go": 'package main\n\nvar tool = "dev"\n',
            "internal/build/build.go": "package build\n\nvar Version string\n",
            "root.go": "package a\n\nvar Root string\n",
        },
    )

    def of(*names, **settings):
        service = Service(path="svc", go=Go(vars=dict.fromkeys(names, "1")), **settings)
        own = Module("svc/go.mod", MODULE, "1.26", "", ((f"{MODULE}/lib", "v1.0.0"),), (), {})
        return variables(programs(tmp_path, "svc", GO_FILES), own, ("./cmd/a", "./cmd/tool"), service).source

    return of


@pytest.mark.parametrize(
    "name",
    [
        "main.version",
        "main.Commit",
        "main.tool",
        f"{MODULE}/internal/build.Version",
        f"{MODULE}.Root",
        f"{MODULE}/lib.Version",
        "example.test/ab.Version",
        "gopkg.test/lib.v2.Version",
    ],
)
def test_a_variable_that_is_there_or_in_another_module_is_set(told, name):
    assert told(name) == "pipeline.toml"


@pytest.mark.parametrize("name", ["main.Version", "main.local", f"{MODULE}/internal/build.version", f"{MODULE}/build.Version"])
def test_a_variable_that_is_not_there_is_told(told, name):
    why = f"pipeline.toml; the linker passes over {name}: no package of the program declares it"
    assert told("main.version", name) == why
    assert told(name, build=Build(before=["go generate ./..."])) == "pipeline.toml"


def test_a_main_package_is_called_main_whatever_its_path_is(told):
    name = f"{MODULE}/cmd/a.version"
    assert told(name) == f"pipeline.toml; the linker passes over {name}: it knows it as main.version"


def test_without_any_the_plan_tells_of_one_that_looks_like_a_version(told):
    assert told() == 'svc/cmd/a/main.go:4, `"main.version" = "${VERSION}"` sets it'
