"""Keys: whatever changes what a stage does changes its key, and what does not leaves it alone.

What a stage does is told by its Dockerfile, which is made from the same containers and knows nothing of keys.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from pipeline import engine, facts
from pipeline.cache.keys import keys, of_volume
from pipeline.config import Overrides, load
from pipeline.detect import detect
from pipeline.graph import Inputs, Kept, ServiceGraph, Stage
from pipeline.planning import host_directory, planned

SERVICES = Path(__file__).parents[4] / "services"
BASES = """\
[bases]
from = "hub"
node = "r.example/node@sha256:{0}"
go = "r.example/go@sha256:{0}"
config = "r.example/config@sha256:{0}"
"""
CACHED = {"api/deps", "api/build", "api/prod-deps", "api/runtime", "auth/deps", "auth/build", "auth/runtime"}
TOML = """\
[services.api]
path = "api"
[services.auth]
path = "auth"
"""


async def described(root, toml, edit=None):
    """Return the key and the text of each stage of both services after an edit of the repository."""
    shutil.copytree(SERVICES, root, ignore=shutil.ignore_patterns("node_modules", "dist"), dirs_exist_ok=True)
    (root / "hook.py").write_text("def build(container, inputs):\n    return container, inputs\n")
    table = toml.partition("\n")[0]
    text = TOML.replace(table, toml.rstrip()) if table and table in TOML else TOML + toml
    (root / "pipeline.toml").write_text(BASES.format("a" * 64) + text)
    if edit:
        edit(root)
    config = load(root, environ={}, overrides=Overrides())
    services = {name: detect(root, name, settings) for name, settings in config.services.items()}
    project = planned(root, config, services, host_directory(root))
    found = {}
    for name in services:
        graph = project.graph(name)
        records = {item.name: facts.InputRecord(files=_files(root / name, item)) for item in graph.stages}
        known = keys(graph, records, "linux/amd64", "1")
        cached = [item for item in graph.stages if f"{name}/{item.name}" in CACHED]
        texts = iter(await engine.dockerfiles([result for item in cached for result in results(item)]))
        for item in cached:
            text = "\n".join(next(texts) for _ in results(item))
            found[f"{name}/{item.name}"] = known.get(item.name), without_places(text, root)
    return found


def results(item):
    """Return what is kept of a stage: its own result, and the image that it is a layer of."""
    alone = [] if item.name == "runtime" else [item.container]
    return [*alone, *([item.layers.made()] if item.layers else [])]


def without_places(text, root):
    """Return a Dockerfile without what is no input: where the repository is, and Go's settings of the host."""
    return re.sub(r"GOPRIVATE[-\d]*", "", text.replace(str(root), ""))


def _files(folder, item):
    """Return a stand-in for the hashes of a stage's files: those of its sources as a whole, if it takes any in."""
    if "lockfile" in item.inputs.sources or "manifests" in item.inputs.sources:
        names = ["package.json", "package-lock.json", "go.mod", "go.sum"]
    elif "sources" in item.inputs.sources:
        names = ["src/index.ts", "cmd/server/main.go"]
    elif "config" in item.inputs.sources:
        names = ["config/production.yaml"]
    else:
        names = ["README.md"] if "files" in item.inputs.sources else []
    return {name: (folder / name).read_text() for name in names if (folder / name).exists()}


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return anyio.run(described, tmp_path_factory.mktemp("before"), "")


def append(path, text="\n"):
    return lambda root: (root / path).write_text((root / path).read_text() + text)


@pytest.mark.parametrize(
    ("toml", "edit", "changed"),
    [
        ("", append("api/README.md"), set()),
        ("", append("api/src/index.ts"), {"api/build"}),
        ("", append("api/package-lock.json"), {"api/deps", "api/build", "api/prod-deps"}),
        ("", append("auth/go.sum"), {"auth/deps", "auth/build"}),
        ("", append("auth/cmd/server/main.go"), {"auth/build"}),
        ("[services.api.build]\nenv = { X = '1' }\n", None, {"api/build"}),
        ("[services.api.build]\nbefore = ['true']\n", None, {"api/build"}),
        ("[services.api.build]\nsecrets = { T = 'env:T' }\n", None, {"api/build"}),
        ("[services.api.build]\nsecrets = { '.npmrc' = 'env:T' }\n", None, {"api/deps", "api/build", "api/prod-deps"}),
        ("[services.api.build]\npackages = ['git']\n", None, {"api/deps", "api/build", "api/prod-deps"}),
        ("[services.api.node]\ninstall_env = { X = '1' }\n", None, {"api/deps", "api/build", "api/prod-deps"}),
        ("[services.api.node]\ninstall_scripts = false\n", None, {"api/deps", "api/build", "api/prod-deps"}),
        ("[services.api.node]\nprod_deps = 'prune'\n", None, {"api/prod-deps"}),
        ("[services.auth.go]\ntags = ['x']\n", None, {"auth/build"}),
        ("[services.auth.go]\nldflags = '-v'\n", None, {"auth/build"}),
        ("[services.auth.go]\nvars = { 'main.version' = '1' }\n", None, {"auth/build"}),
        ("[services.auth.go]\nprivate = ['x.example/*']\n", None, set()),
        ("[services.auth.build]\nenv = { X = '1' }\n", None, {"auth/build"}),
        ("[services.auth.build]\npackages = ['git']\n", None, {"auth/deps", "auth/build"}),
        ("", append("auth/config/production.yaml"), {"auth/runtime"}),
        ("[services.api]\nuser = '7:7'\n", None, {"api/runtime"}),
        ("[services.api]\nwritable = ['data']\n", None, {"api/runtime"}),
        ("[services.api]\nfiles = ['README.md']\n", None, {"api/runtime"}),
        ("[services.auth]\nwritable = ['data']\n", None, {"auth/runtime"}),
        ("[services.auth]\nfiles = ['README.md']\n", None, {"auth/runtime"}),
        ("[services.auth.go]\nca_certs = false\n", None, {"auth/build"}),
        ("[services.auth.go]\ntzdata = true\n", None, {"auth/build"}),
        ("", lambda root: (root / "pipeline.toml").write_text(BASES.format("b" * 64) + TOML), "all"),
    ],
)
async def test_a_key_follows_what_the_stage_does(before, tmp_path, toml, edit, changed):
    after = await described(tmp_path, toml, edit)
    expected = CACHED if changed == "all" else changed | {f"{name.partition('/')[0]}/runtime" for name in changed}
    assert {name for name in CACHED if after[name][0] != before[name][0]} == expected
    for name in CACHED - expected:
        assert after[name][1] == before[name][1], name


async def test_a_function_of_ones_own_has_no_key_and_neither_has_what_needs_it(tmp_path):
    found = await described(tmp_path, "[services.api.stages]\ndeps = 'hook.py:build'\n")
    assert {name for name, (key, _) in found.items() if key is None} == {"api/deps", "api/build", "api/runtime"}


def test_a_base_without_a_digest_gives_none():
    stages = (
        Stage("deps", (), None, Inputs(base="node:22", command=("npm", "ci")), Kept(("/app",))),
        Stage("build", ("deps",), None, Inputs(command=("tsc",)), Kept(("/app",))),
        Stage("other", (), None, Inputs(command=("true",)), Kept(("/out",))),
    )
    records = {stage.name: facts.InputRecord() for stage in stages}
    graph = ServiceGraph("s", "node", stages, ())
    assert set(keys(graph, records, "linux/amd64", "1")) == {"other"}
    pinned = replace(stages[0], inputs=replace(stages[0].inputs, digest="sha256:1"))
    graph = ServiceGraph("s", "node", (pinned, *stages[1:]), ())
    assert set(keys(graph, records, "linux/amd64", "1")) == {"deps", "build", "other"}


def test_the_platform_and_our_version_are_in_it():
    graph = ServiceGraph("s", "go", (Stage("build", (), None, Inputs(command=("go",)), Kept(("/out",))),), ())
    records = {"build": facts.InputRecord()}
    known = {
        keys(graph, records, *ours)["build"] for ours in (("linux/amd64", "1"), ("linux/arm64", "1"), ("linux/amd64", "2"))
    }
    assert len(known) == 3


@pytest.mark.parametrize(
    ("toml", "same"),
    [
        ("[services.auth.go]\nldflags = '-v'\n", True),
        ("[services.auth.go]\nvars = { 'main.version' = '1' }\n", True),
        ("[services.auth.go]\ntags = ['x']\n", False),
        ("[services.auth.build]\nenv = { GOFLAGS = '-race' }\n", False),
        ("[services.auth.build]\npackages = ['git']\n", False),
    ],
)
async def test_what_is_compiled_is_of_use_until_something_changes_that_all_packages_are_compiled_with(tmp_path, toml, same):
    before, after = [await volume_key(tmp_path / str(number), text) for number, text in enumerate(("", toml))]
    assert (before == after) == same


async def volume_key(root, toml):
    shutil.copytree(SERVICES / "auth", root / "auth")
    (root / "pipeline.toml").write_text(BASES.format("a" * 64) + '[services.auth]\npath = "auth"\n' + toml)
    config = load(root, environ={}, overrides=Overrides())
    project = planned(root, config, {"auth": detect(root, "auth", config.services["auth"])}, host_directory(root))
    graph = project.graph("auth")
    known = keys(graph, {item.name: facts.InputRecord() for item in graph.stages}, "linux/amd64", "1")
    return of_volume([known["deps"]], graph.stage("build").volume)
