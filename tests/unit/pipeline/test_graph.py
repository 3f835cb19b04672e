"""The graph as data: what a target needs, and how a plan shows it."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.graph import Inputs, Kept, ServiceGraph, Stage, as_data, as_mermaid, as_text


def stage(name, *needs, **inputs):
    return Stage(name, needs, f"the container of {name}", Inputs(**inputs))


GRAPH = ServiceGraph(
    "auth",
    "go",
    (
        stage("deps", base="golang", command=("sh", "-ec", "go mod download\ngo mod verify\n"), sources={"manifests": None}),
        stage("build", "deps", command=("go", "build"), variables={"GOOS": "linux"}, sources={"sources": None}),
        stage("config", sources={"config": None}),
        stage("runtime", "build", "config", base="scratch"),
    ),
    ("the container of runtime",),
)


@pytest.mark.parametrize(
    ("target", "stages"),
    [
        ("deps", ["deps"]),
        ("build", ["deps", "build"]),
        ("config", ["config"]),
        ("runtime", ["deps", "build", "config", "runtime"]),
    ],
)
def test_a_target_takes_along_what_it_needs(target, stages):
    cut = GRAPH.up_to(target)
    assert [item.name for item in cut.stages] == stages
    assert cut.images == (f"the container of {target}",)


def test_an_unknown_stage_names_the_known_ones():
    with pytest.raises(UsageError, match="service auth: no stage 'x'; its stages are deps, build, config, runtime"):
        GRAPH.up_to("x")


def test_only_what_has_a_command_runs():
    assert [item.name for item in GRAPH.stages if item.runs] == ["deps", "build"]


def test_text_shows_the_first_line_of_a_script():
    assert as_text([GRAPH]).splitlines() == [
        "auth (go)",
        "  deps     <- golang, manifests",
        "           runs go mod download",
        "  build    <- deps, sources",
        "           runs go build",
        "  config   <- config",
        "  runtime  <- scratch, build, config",
    ]


def test_data_has_every_input():
    [found] = as_data([GRAPH])
    assert (found["service_name"], found["kind"]) == ("auth", "go")
    assert found["stages"][1] == {
        "name": "build",
        "needs": ["deps"],
        "base": "",
        "command": ["go", "build"],
        "variables": {"GOOS": "linux"},
        "sources": ["sources"],
    }


def test_mermaid_has_an_edge_for_every_need():
    edges = [line.strip() for line in as_mermaid([GRAPH, GRAPH]).splitlines() if "-->" in line]
    assert edges[:3] == ["s0_deps --> s0_build", "s0_build --> s0_runtime", "s0_config --> s0_runtime"]
    assert edges[3:] == [edge.replace("s0_", "s1_") for edge in edges[:3]]


def test_what_images_need_where_results_are_there():
    starts, copied = Kept(("/app",), starts=True), Kept(("/out",))
    stages = (
        Stage("deps", (), None, Inputs(), starts),
        Stage("build", ("deps",), None, Inputs(), copied),
        Stage("runtime", ("build",), None, Inputs()),
        Stage("build-arm64", ("deps",), None, Inputs(), copied),
        Stage("runtime-arm64", ("build-arm64",), None, Inputs()),
    )
    graph = ServiceGraph("s", "go", stages, ())
    names = {stage.name for stage in stages}
    assert graph.needed(()) == names
    assert graph.needed({"deps"}) == names
    assert graph.needed({"build"}) == names
    assert graph.needed({"build", "build-arm64"}) == names - {"deps"}
