"""One service's build, without an engine: what is told meanwhile, and when what a registry had is done without.

The containers are stubs, for these tests are about time and order; tests/engine builds real ones.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from failures import exec_error, query_error

from pipeline import cache
from pipeline.building import Building
from pipeline.graph import Inputs, ServiceGraph, Stage
from pipeline.progress import Quiet


class Others:
    """Where work is begun that nobody waits for."""

    def __init__(self):
        self.begun = []

    def start_soon(self, work, *arguments):
        self.begun.append((work.__name__, *arguments))


def building(graph, progress=None, store=None, output=None):
    settings = SimpleNamespace(target=None)
    project = SimpleNamespace(
        root=Path(), config=SimpleNamespace(services={"api": settings}), services={"api": SimpleNamespace()}
    )
    return Building(project, graph, "now", output, store, None, Path(), Others(), progress or Quiet())


class Stamped:
    """A container whose stamp can be asked for, once it is there."""

    def __init__(self, stamp, seconds=0.0):
        self.stamp = stamp
        self.seconds = seconds

    def file(self, path):
        assert path.startswith("/tmp/pipeline/")
        return self

    async def contents(self):
        await anyio.sleep(self.seconds)
        if isinstance(self.stamp, Exception):
            raise self.stamp
        return self.stamp


async def test_stages_are_told_as_they_finish_and_failures_by_the_build_itself():
    class Impatient(Quiet):
        patience = 0.02

        def finished(self, service, stage, seconds, *, cached):
            told.append((service, stage, seconds, cached))

    def stage(name, container, *command):
        return Stage(name, (), container, Inputs(command=command))

    told = []
    watched = ServiceGraph(
        "api",
        "node",
        (
            stage("slow", Stamped("now 1.0 3.5 1764061749", 0.05), "make"),
            stage("deps", Stamped("earlier 1.0 11.0 1764061749"), "npm", "ci"),
            stage("build", Stamped(query_error("it does not compile")), "tsc"),
            stage("runtime", None),
        ),
        (),
    )
    await building(watched, Impatient())._watch()
    assert told == [("api", "deps", 10.0, True), ("api", "slow", 2.5, False)]


EMPTY = ServiceGraph("api", "node", (), ())


class Search:
    """A search that finds something as often as it is asked, and drops it as told."""

    def __init__(self, drops=(), patience=0.0, trouble=None):
        self.drops, self.patience, self.trouble, self.asked = list(drops), patience, trouble, 0

    async def restored(self):
        self.asked += 1
        return cache.Restored(EMPTY, EMPTY)

    async def pull(self):
        if self.trouble and self.asked == 1:
            raise self.trouble

    async def drop(self):
        return self.drops.pop(0)


class Output:
    """Images that fail in their turn, or take their time."""

    def __init__(self, *errors, seconds=0.0):
        self.errors, self.seconds, self.taken = list(errors), seconds, 0

    async def take(self, service, images):
        del service, images
        self.taken += 1
        await anyio.sleep(self.seconds)
        if self.errors:
            raise self.errors.pop(0)
        return "the image"


@pytest.fixture
def build(monkeypatch):
    """Return what builds with a search and an output, and returns the image."""

    async def run(search, output, *, writes=False):
        store = SimpleNamespace(writes=writes)
        monkeypatch.setattr(cache, "Search", lambda *_: search)
        made = building(EMPTY, store=store, output=output)
        with anyio.fail_after(5):
            await made.build()
        assert made.others.begun == ([("_share", store)] if writes else [])
        return made.image

    return run


async def test_a_registry_is_given_what_it_lacks_beside_the_image_and_only_where_it_is_to_be_written_to(build):
    assert await build(Search(), Output(), writes=True) == "the image"
    assert await build(Search(), Output()) == "the image"


@pytest.mark.parametrize("trouble", [cache.store.Unusable("no answer"), cache.store.Absent()])
async def test_what_cannot_be_pulled_is_done_without(build, trouble):
    search = Search(drops=[True], trouble=trouble)
    assert await build(search, Output(seconds=0.05)) == "the image"
    assert search.asked == 2


async def test_a_layer_that_fails_in_the_image_is_looked_for_and_done_without(build):
    search, output = Search(drops=[True]), Output(query_error("unexpected digest"))
    assert await build(search, output) == "the image"
    assert (search.asked, output.taken) == (2, 2)


@pytest.mark.parametrize(("error", "drops"), [(query_error("disk full"), [False]), (exec_error("tsc"), [])])
async def test_what_has_nothing_to_do_with_the_registry_fails_at_once(build, error, drops):
    search = Search(drops=drops)
    with pytest.raises(ExceptionGroup) as errors:
        await build(search, Output(error))
    assert errors.group_contains(type(error))
    assert search.asked == 1


@pytest.mark.parametrize("dropped", [True, False])
async def test_layers_are_not_waited_for_without_end_but_a_slow_image_is(build, dropped):
    search, output = Search(drops=[dropped], patience=0.02), Output(seconds=0.1)
    assert await build(search, output) == "the image"
    assert (search.asked, output.taken) == (2, 2)
