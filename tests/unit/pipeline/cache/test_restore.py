"""Which stages are asked for: from the images backwards, and none that what was restored does not need."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import pytest

from pipeline.cache.entry import Entry
from pipeline.cache.restore import restore
from pipeline.cache.store import Absent, Unusable
from pipeline.facts import InputRecord
from pipeline.graph import Inputs, Kept, ServiceGraph, Stage

RUN = ("sh",)
STARTS, COPIED = Kept(("/app",), starts=True), Kept(("/out",))


def stage(name, *needs, kept=None):
    return Stage(name, needs, None, Inputs(command=RUN if kept else ()), kept)


GRAPH = ServiceGraph(
    "s",
    "node",
    (
        stage("package-manager", kept=STARTS),
        stage("deps", "package-manager", kept=STARTS),
        stage("build", "deps", kept=COPIED),
        stage("prod-deps", "package-manager", kept=COPIED),
        stage("runtime", "build", "prod-deps"),
    ),
    (),
)
NAMES = [item.name for item in GRAPH.stages]
RECORDS = {name: InputRecord() for name in NAMES}
PROJECT = SimpleNamespace(graph=lambda *_: GRAPH)


class Registry:
    """A store that has the entries of some stages, and troubles with others."""

    def __init__(self, *has, trouble=(), gone=()):
        self.has, self.trouble, self.gone, self.asked = has, trouble, gone, []

    async def find(self, name, key):
        self.asked.append(name)
        if name in self.trouble:
            msg = "no answer"
            raise Unusable(msg)
        if name not in self.has:
            raise Absent
        return Entry(key, name, "sha256:" + "a" * 64, 1.0)

    async def content(self, entry):
        if entry.stage in self.gone:
            msg = "not what its digest says"
            raise Unusable(msg)
        return f"the content of {entry.stage}"


class Nothing:
    def was_made(self, _):
        return False

    def restored(self, _):
        return None


@pytest.mark.parametrize(
    ("has", "asked", "left"),
    [
        (("build", "prod-deps", "deps"), ["build", "prod-deps"], ["build", "prod-deps", "runtime"]),
        (("prod-deps", "deps", "package-manager"), ["build", "prod-deps", "deps", "package-manager"], [*NAMES]),
        ((), ["build", "prod-deps", "deps", "package-manager"], [*NAMES]),
        (("build",), ["build", "prod-deps", "package-manager"], ["package-manager", "build", "prod-deps", "runtime"]),
    ],
)
async def test_no_further_than_is_needed(has, asked, left):
    registry = Registry(*has)
    found = await restore(PROJECT, GRAPH, "run", RECORDS, registry, Nothing())
    assert registry.asked == asked
    assert [item.name for item in found.graph.stages] == left
    assert set(found.entries) == set(has) & set(asked)
    assert found.absent == set(asked) - set(has)


async def test_what_cannot_be_used_is_made_and_told():
    registry = Registry("build", "deps", trouble=("prod-deps",), gone=("build",))
    found = await restore(PROJECT, GRAPH, "run", RECORDS, registry, Nothing())
    assert found.troubles == {"prod-deps": "no answer", "build": "not what its digest says"}
    assert set(found.entries) == {"deps"}
    assert found.absent == {"package-manager"}


async def test_what_is_there_is_pulled_while_more_is_asked_for():
    registry, asked = Registry("prod-deps", "deps"), anyio.Event()
    find, content = registry.find, registry.content

    async def told(name, key):
        if name == "deps":
            asked.set()
        return await find(name, key)

    async def pulled(entry):
        with anyio.fail_after(5):
            await asked.wait()
        return await content(entry)

    registry.find, registry.content = told, pulled
    found = await restore(PROJECT, GRAPH, "run", RECORDS, registry, Nothing())
    assert set(found.entries) == {"prod-deps", "deps"}


async def test_what_the_engine_has_made_is_not_asked_for():
    registry, known = Registry("build", "prod-deps"), Nothing()
    known.was_made = lambda _: True
    found = await restore(PROJECT, GRAPH, "run", RECORDS, registry, known)
    assert registry.asked == []
    assert found.entries == {}
    assert found.graph.stages == GRAPH.stages
