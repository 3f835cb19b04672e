"""Which stages are asked for: from the images backwards, and none that what was restored does not need."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.cache.entry import Entry
from pipeline.cache.restore import Search
from pipeline.cache.store import Absent, Unusable
from pipeline.facts import InputRecord
from pipeline.graph import Inputs, Kept, Layers, ServiceGraph, Stage, Volume

RUN = ("sh",)
STARTS, COPIED = Kept(("/app",), starts=True), Kept(("/out",))
LAYERS = Layers(lambda: "an image", "sha256:1", "linux/arm64")
VOLUME = Volume("a container", Kept(("/compiled",)), {})


def stage(name, *needs, kept=None, layers=None, volume=None):
    return Stage(name, needs, None, Inputs(command=RUN if kept else ()), kept, layers, volume)


GRAPH = ServiceGraph(
    "s",
    "node",
    (
        stage("package-manager", kept=STARTS),
        stage("deps", "package-manager", kept=STARTS),
        stage("build", "deps", kept=COPIED, volume=VOLUME),
        stage("prod-deps", "package-manager", kept=COPIED, layers=LAYERS),
        stage("runtime", "build", "prod-deps", layers=LAYERS),
    ),
    (),
)
NAMES = [item.name for item in GRAPH.stages]
RECORDS = {name: InputRecord() for name in NAMES}


class Registry:
    """A store that has some entries, and troubles with others."""

    def __init__(self, *has, trouble=(), gone=(), layers=False):
        self.has, self.trouble, self.gone, self.layers = has, trouble, gone, layers
        self.asked, self.pulled = [], []

    async def find(self, name, key):
        self.asked.append(name)
        if name in self.trouble:
            msg = "no answer"
            raise Unusable(msg)
        if name not in self.has:
            raise Absent
        return Entry(key, name, f"the digest of {name}", 1.0)

    def content(self, entry, layers=None):
        return f"the content of {entry.stage}{', layers' if layers else ''}"

    def patience(self, entry):
        return 2 * entry.seconds

    async def pull(self, entry):
        self.pulled.append(entry.stage)
        if entry.stage in self.gone:
            msg = "not what its digest says"
            raise Unusable(msg)


class Nothing:
    def was_made(self, _):
        return False

    def restored(self, _):
        return None


def search(registry, known=None):
    project = SimpleNamespace(graph=lambda *given: given_graphs.append(given) or GRAPH)
    given_graphs = []
    made = Search(project, GRAPH, "run", RECORDS, registry, known or Nothing())
    made.given = given_graphs
    return made


@pytest.mark.parametrize(
    ("has", "taken", "left"),
    [
        (("build", "prod-deps", "deps"), ["build", "prod-deps"], ["build", "prod-deps", "runtime"]),
        (("prod-deps", "deps", "package-manager"), ["prod-deps", "deps", "package-manager"], [*NAMES]),
        ((), [], [*NAMES]),
        (("build",), ["build"], ["package-manager", "build", "prod-deps", "runtime"]),
    ],
)
async def test_all_stages_are_asked_for_at_once_and_no_more_is_taken_than_is_needed(has, taken, left):
    registry = Registry(*has)
    made = search(registry)
    found = await made.restored()
    assert sorted(registry.asked) == ["build", "deps", "package-manager", "prod-deps"]
    assert [item.name for item in found.graph.stages] == left
    assert set(found.entries) == set(taken)
    assert found.absent == set(registry.asked) - set(has)
    await made.pull()
    assert sorted(registry.pulled) == sorted(taken)


async def test_what_is_behind_a_stage_that_cannot_be_had_is_taken_after_all():
    registry = Registry("build", "prod-deps", "deps", gone=("build",))
    made = search(registry)
    await made.restored()
    assert await made.drop()
    asked = [*registry.asked]
    assert set((await made.restored()).entries) == {"prod-deps", "deps"}
    assert registry.asked == asked


async def test_of_an_image_that_is_there_whole_no_stage_is_asked_for():
    registry = Registry("runtime-layers", "build", layers=True)
    made = search(registry)
    found = await made.restored()
    assert registry.asked == ["runtime-layers"]
    assert [item.name for item in found.graph.stages] == ["runtime"]
    contents, layered, volumes = made.given[-1][2:]
    assert contents == {"runtime": "the content of runtime-layers, layers"}
    assert layered == {"runtime"}
    assert volumes == {}


async def test_layers_of_the_image_are_better_than_what_was_kept_of_the_stage_alone():
    registry = Registry("prod-deps-layers", "prod-deps", "build", layers=True)
    found = await search(registry).restored()
    assert registry.asked[0] == "runtime-layers"
    assert "prod-deps" not in registry.asked
    assert found.entries["prod-deps"].stage == "prod-deps-layers"
    assert "prod-deps-layers" not in found.absent
    registry.has = ("prod-deps", "build")
    found = await search(registry).restored()
    assert found.entries["prod-deps"].stage == "prod-deps"
    assert "prod-deps-layers" in found.absent


async def test_where_the_result_is_there_what_was_compiled_on_the_way_is_of_no_use():
    found = await search(Registry("build", "build-volume", layers=True)).restored()
    assert (set(found.entries), found.volumes) == ({"build"}, {})
    assert "build-volume" not in (await search(Registry("build", layers=True)).restored()).absent


async def test_what_is_passed_on_is_not_unpacked():
    registry = Registry("prod-deps-layers", "build", layers=True)
    made = search(registry)
    await made.restored()
    assert made.patience == 2
    await made.pull()
    assert registry.pulled == ["build"]


async def test_a_stage_that_has_to_run_is_given_what_it_left_in_its_cache_volume_elsewhere():
    registry = Registry("prod-deps", "deps", "build-volume", layers=True)
    made = search(registry)
    found = await made.restored()
    assert "build-volume" in registry.asked
    assert set(found.volumes) == {"build"}
    assert made.given[-1][-1] == {"build": "the content of build-volume"}
    await made.pull()
    assert sorted(registry.pulled) == ["build-volume", "deps", "prod-deps"]
    registry.gone, made._pulled = ("build-volume",), set()
    assert await made.drop()
    found = await made.restored()
    assert (found.volumes, found.troubles) == ({}, {"build": "not what its digest says"})


async def test_a_cache_volume_of_the_engines_own_is_better_than_that_of_another():
    registry, known = Registry("build-volume", layers=True), Nothing()
    volume = (await search(registry).restored()).volume_keys["build"]
    registry.asked, known.was_made = [], lambda key: key == volume
    found = await search(registry, known).restored()
    assert "build-volume" not in registry.asked
    assert not {"build-volume"} & set(found.absent)
    known.was_made, known.restored = lambda _: False, lambda key: Entry(key, "build-volume", "a", 1) if key == volume else None
    assert set((await search(registry, known).restored()).volumes) == {"build"}
    assert "build-volume" not in registry.asked


async def test_what_cannot_be_used_is_made_and_told():
    registry = Registry("build", "deps", trouble=("prod-deps",), gone=("build",))
    made = search(registry)
    assert set((await made.restored()).entries) == {"build"}
    with pytest.raises(ExceptionGroup) as errors:
        await made.pull()
    assert errors.group_contains(Unusable)
    assert await made.drop()
    found = await made.restored()
    assert found.troubles == {"prod-deps": "no answer", "build": "not what its digest says"}
    assert set(found.entries) == {"deps"}
    assert found.absent == {"package-manager"}
    assert not await made.drop()


async def test_what_the_registry_lost_meanwhile_is_absent_under_the_name_that_it_had():
    registry = Registry("prod-deps-layers", "build", gone=("prod-deps-layers",), layers=True)
    made = search(registry)
    await made.restored()
    registry.pull = lost
    assert await made.drop()
    assert "prod-deps-layers" in (await made.restored()).absent


async def lost(_):
    raise Absent


async def test_what_the_engine_has_made_is_not_asked_for():
    registry, known = Registry("build", "prod-deps"), Nothing()
    known.was_made = lambda _: True
    found = await search(registry, known).restored()
    assert registry.asked == []
    assert found.entries == {}
    assert found.graph.stages == GRAPH.stages


async def test_layers_that_another_engine_took_are_no_use_to_one_that_packs_them_anew():
    registry, known = Registry("prod-deps"), Nothing()
    known.restored = lambda key: Entry(key, "prod-deps-layers", "sha256:" + "a" * 64, 1.0)
    found = await search(registry, known).restored()
    assert {entry.stage for entry in found.entries.values()} == {"prod-deps"}
