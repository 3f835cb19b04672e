"""Results of stages in a registry: a second machine restores what the first has made, and a registry that fails costs nothing (O6)."""

from __future__ import annotations

import io
import json
import tarfile
import time
from dataclasses import replace

import anyio
import pytest
import registries
import small
from blobs import unpacked

from pipeline.bases.model import load
from pipeline.folders import cache_folder
from pipeline.registry.client import client

SECRET = "c4n4ry-signing"


@pytest.fixture(scope="module")
def offered():
    with registries.packages("go") as made:
        made.offer("@stub/plain", {"index.js": "module.exports = 'plain'\n"})
        yield made


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry"), logged=True) as made:
        yield made


@pytest.fixture(scope="module")
def machine(make_workspace, offered, registry, tmp_path_factory):
    """Make a machine: the tiny services in a folder of its own, an empty engine, and the registry's address."""
    # It comes from the real module proxy, which no machine is told of.
    anyio.run(client, cache_folder(), print)

    def make(**settings):
        root = tmp_path_factory.mktemp("tiny")
        small.write(root, offered)
        told = {
            "npm_config_registry": f"{offered.address}/",
            "GOPROXY": f"{offered.address}/go",
            "GONOSUMDB": "*",
            "PIPELINE_CACHE_REGISTRY": registry.address,
            "STAGES_SECRET": SECRET,
        }
        # A machine that does much else at the same time is to wait, not to go on without.
        text = '[cache]\ntimeout = 60\nsecret = "env:STAGES_SECRET"\n' + (root / "pipeline.toml").read_text()
        (root / "pipeline.toml").write_text(text)
        return replace(make_workspace(), root=root, settings={**told, **settings})

    return make


@pytest.fixture(scope="module")
def first(machine):
    """A machine that has built and written."""
    made = machine()
    run = made.pipeline("build", "--cache-write")
    assert run.code == 0, run.out + run.err
    assert "cache:" not in run.err
    assert run.stages("web") == {"deps": "executed", "build": "executed", "prod-deps": "executed", "runtime": "executed"}
    return made, run


@pytest.fixture(scope="module")
def second(machine, first):
    """An empty machine that has built after it."""
    made = machine()
    run = made.pipeline("build")
    assert run.code == 0, run.out + run.err
    return made, run


WHOLE = {"deps": "skipped", "build": "skipped", "prod-deps": "skipped", "runtime": "restored"}


def test_an_empty_machine_restores_images_whole_and_no_stage_behind_them(first, second):
    _, before = first
    _, run = second
    assert run.stages("web") == WHOLE
    assert run.stages("tool") == {"deps": "skipped", "build": "skipped", "runtime": "restored"}
    assert run.digests() == before.digests()
    stage = {item["name"]: item for item in run.service("tool")["stages"]}
    assert stage["runtime"]["saved_seconds"] > 0
    assert stage["deps"]["reason"] == "not needed: what needs it is restored"


def test_a_base_that_is_on_every_machine_is_not_kept(first, registry, tools):
    made, _ = first
    kept = contents(tools, f"docker://{registry.address}/pipeline-cache", "runtime-layers-")
    own = [digest for digest in made.layers("web") if any(digest in layers for layers in kept)]
    assert own in kept
    assert 0 < len(own) < len(made.layers("web"))
    assert list(made.layers("tool")) in kept


def test_a_base_at_an_address_is_kept_with_what_lies_on_it(machine, first, tools, tmp_path):
    folder = cache_folder() / "bases"
    base = next(base for base in load(folder) if base.request.role == "node-runtime")
    runs = []
    with tools.registry(tmp_path) as own:
        archive, address = f"oci-archive:{folder / base.archive}", f"{own.address}/base@{base.digest}"
        tools.skopeo("--insecure-policy", "copy", "--dest-tls-verify=false", archive, f"docker://{own.address}/base:1")
        for arguments in (["--cache-write"], []):
            made = machine(PIPELINE_CACHE_REGISTRY=own.address)
            config = made.root / "pipeline.toml"
            config.write_text(config.read_text().replace('path = "web"', f'path = "web"\nruntime.base = "{address}"'))
            runs.append(made.pipeline("build", "web", *arguments))
            assert runs[-1].code == 0, runs[-1].out + runs[-1].err
        kept = contents(tools, f"docker://{own.address}/pipeline-cache", "runtime-layers-")
    assert runs[1].stages("web") == WHOLE
    assert runs[0].digests() == runs[1].digests()
    assert kept == [list(made.layers("web"))]


def test_what_only_the_image_is_told_takes_the_stages_that_it_is_made_from(machine, first):
    _, before = first
    made = machine()
    config = made.root / "pipeline.toml"
    config.write_text(config.read_text().replace('path = "web"', 'path = "web"\nwritable = ["data"]'))
    run = made.pipeline("build")
    assert run.code == 0, run.out + run.err
    assert run.stages("web") == {"deps": "skipped", "build": "restored", "prod-deps": "restored", "runtime": "executed"}
    assert run.digests()["web"] != before.digests()["web"]
    assert run.digests()["tool"] == before.digests()["tool"]


def test_a_damaged_layer_that_would_only_be_passed_on_is_done_without(machine, first, tools, tmp_path):
    _, before = first
    with tools.registry(tmp_path) as own:
        assert machine(PIPELINE_CACHE_REGISTRY=own.address).pipeline("build", "tool", "--cache-write").code == 0
        layers = [path for path in tmp_path.glob("images/**/blobs/**/data") if path.read_bytes().startswith(b"\x1f\x8b")]
        largest = max(layers, key=lambda path: path.stat().st_size)
        largest.write_bytes(largest.read_bytes()[:-1000])
        run = machine(PIPELINE_CACHE_REGISTRY=own.address).pipeline("build", "tool")
    assert run.code == 0, run.out + run.err
    assert "tool: cache: runtime: " in run.err
    assert run.stages("tool") == {"deps": "restored", "build": "executed", "runtime": "executed"}
    assert run.digests()["tool"] == before.digests()["tool"]


def test_lockfiles_that_ask_for_the_same_bring_no_new_dependencies(machine, tools, tmp_path):
    with tools.registry(tmp_path) as own:
        made, other = (machine(PIPELINE_CACHE_REGISTRY=own.address) for _ in range(2))
        assert made.pipeline("build", "--cache-write").code == 0
        for path in (other.root / "web" / "package.json", other.root / "web" / "package-lock.json"):
            path.write_text(path.read_text().replace('"version": "1.0.0",', '"version": "1.0.1",', 1))
        with (other.root / "tool" / "go.sum").open("a") as file:
            file.write(f"example.test/unused v1.0.0/go.mod h1:{'A' * 43}=\n")
        # What is compiled of the service itself is kept for nobody: the next edit makes it anew.
        with (other.root / "tool" / "main.go").open("a") as file:
            file.write("\nvar Edited = 1\n")
        run = other.pipeline("build", "--cache-write")
        assert run.code == 0, run.out + run.err
        repository = f"docker://{own.address}/pipeline-cache"
        deps, compiled = contents(tools, repository, "deps-"), contents(tools, repository, "build-volume-")
    assert run.stages("web") == dict.fromkeys(("deps", "build", "prod-deps", "runtime"), "executed")
    assert run.stages("tool") == dict.fromkeys(("deps", "build", "runtime"), "executed")
    assert [deps.count(layers) for layers in deps] == [2, 2, 2, 2]
    assert compiled[0] == compiled[1]
    # Go would set an older time anew, and in a mounted folder that copies the file.
    assert oldest(tmp_path, compiled[0]) > time.time()
    # The last layer has the service's own files.
    (*below, first), (*same, second) = made.layers("web"), other.layers("web")
    assert (below, first == second) == (same, False)


def oldest(folder, layers):
    """Return the time of the oldest file of an image's layers, in the folder of a registry."""
    times = []
    for digest in layers:
        blob = next(folder.glob(f"images/**/{digest.partition(':')[2]}/data")).read_bytes()
        with tarfile.open(fileobj=io.BytesIO(unpacked(blob))) as tar:
            times += [member.mtime for member in tar if member.isfile()]
    return min(times)


def contents(tools, repository, kind):
    """Return the layers of what was kept of stages of a kind."""
    listed = json.loads(tools.skopeo("list-tags", "--tls-verify=false", repository))["Tags"]
    wanted = [tag for tag in listed if tag.startswith(kind) and tag.endswith(".content")]
    return [json.loads(tools.skopeo("inspect", "--tls-verify=false", f"{repository}:{tag}"))["Layers"] for tag in wanted]


def test_what_was_restored_is_in_the_engines_cache_from_then_on(second):
    made, before = second
    run = made.pipeline("build")
    assert run.stages("web") == WHOLE
    assert run.digests() == before.digests()


def test_a_source_edit_takes_the_dependencies_and_what_is_compiled_and_builds_on_them(second, registry):
    made, before = second
    assert "/manifests/build-volume-" not in asked(registry, "HEAD")
    for path, text in (("web/server.js", "// edited\n"), ("tool/main.go", "// edited\n")):
        (made.root / path).write_text((made.root / path).read_text() + text)
    run = made.pipeline("build")
    assert run.code == 0, run.out + run.err
    assert run.stages("web") == {"deps": "restored", "build": "executed", "prod-deps": "restored", "runtime": "executed"}
    assert run.stages("tool") == {"deps": "restored", "build": "executed", "runtime": "executed"}
    assert run.reasons("web")["build"] == "file: server.js"
    assert run.digests()["web"] != before.digests()["web"]
    assert "/manifests/build-volume-" in asked(registry, "HEAD")


def asked(registry, method):
    """Return the successful requests of a kind to a registry."""
    return "\n".join(line for line in registry.log.read_text().splitlines() if f'"{method} ' in line and '" 200 ' in line)


def test_a_machine_that_has_built_by_itself_asks_for_nothing(first, registry):
    made, before = first
    run = made.pipeline("build")
    assert {status for service in ("web", "tool") for status in run.stages(service).values()} == {"cached"}
    assert run.digests() == before.digests()


@pytest.mark.parametrize("unset", [(), ("env", "--unset=STAGES_SECRET")])
def test_without_the_secret_nothing_is_taken_and_nothing_is_written(second, unset):
    """A CI keeps it from other people's branches; then nothing may pass as signed."""
    made, _ = second
    run = replace(made, settings={**made.settings, "STAGES_SECRET": ""}).pipeline("build", "--cache-write", through=unset)
    assert run.code == 0, run.out + run.err
    assert "cache: not used, since env:STAGES_SECRET is not there or empty" in run.err
    assert not {"restored", "skipped"} & {status for service in ("web", "tool") for status in run.stages(service).values()}


def test_reading_writes_nothing(second, registry, tools):
    """The source edit's build is in no tag: the machine that made it does not write."""
    listed = json.loads(tools.skopeo("list-tags", "--tls-verify=false", f"docker://{registry.address}/pipeline-cache"))["Tags"]
    assert sorted(tag.partition("-")[0] for tag in listed if not tag.endswith(".content")) == [
        # One of them is what the compiler left in its cache volume.
        *("build", "build", "build", "deps", "deps"),
        *("prod", "runtime", "runtime"),
    ]


def test_a_registry_that_is_down_costs_a_word(machine):
    with registries.refusing() as address:
        made = machine(PIPELINE_CACHE_REGISTRY=address.removeprefix("http://"))
        run = made.pipeline("build", "tool", "--cache-write")
    assert run.code == 0, run.out + run.err
    assert run.stages("tool") == {"deps": "executed", "build": "executed", "runtime": "executed"}
    told = [line for line in run.err.splitlines() if line.startswith("tool: cache: ")]
    assert len(told) == 3
    assert all("connection refused" in line for line in told)


def test_what_is_kept_is_listed_and_pruned(first, second, tmp_path, registry, tools):
    made, _ = first
    listed = made.pipeline("cache", "list")
    assert listed.code == 0, listed.err
    lines = listed.out.splitlines()
    assert [line.split()[4].partition("-")[0] for line in lines[:-1]].count("build") == 3
    assert lines[-1].endswith(f" MB in {registry.address}/pipeline-cache")
    assert made.pipeline("cache", "prune").out == f"0 stages removed from {registry.address}/pipeline-cache\n"
    gone = made.pipeline("cache", "prune", "--older-than", "0")
    assert gone.code == 0, gone.err
    assert gone.out.endswith(f"8 stages removed from {registry.address}/pipeline-cache\n")
    assert made.pipeline("cache", "list").out.splitlines()[-1].startswith("0 stages, 0.0 MB")


# --- what an engine makes of a registry that fails, a question at a time
