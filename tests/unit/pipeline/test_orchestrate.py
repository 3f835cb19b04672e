"""Services at once, without an engine: limits, time-outs, budgets, and one failure kept from the others.

The containers are stubs, for these tests are about time and order; tests/engine builds real ones.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from failures import exec_error, query_error

from pipeline import orchestrate
from pipeline.bases.oci import make_layer, write_archive
from pipeline.config import Budget, Service
from pipeline.errors import UsageError
from pipeline.graph import Inputs, ServiceGraph, Stage
from pipeline.output import Archives
from pipeline.progress import Quiet
from pipeline.report.model import EngineResult

ENGINE = EngineResult(name="buildkit", version="v0")


class Stub:
    """A container that takes its time, or fails, when it is asked for."""

    def __init__(self, seconds=0.0, error=None, watched=None):
        self.seconds = seconds
        self.error = error
        self.watched = watched

    async def sync(self):
        await anyio.sleep(self.seconds)
        if self.error:
            raise self.error

    async def export(self, path, *, platform_variants):
        assert platform_variants is None
        with self.watched or nullcontext():
            await self.sync()
        layer = make_layer(Path(path).with_suffix(".layer"), 1, lambda tree: tree.file("a", b"0" * 2_000_000))
        write_archive(Path(path), "linux/amd64", [layer], {})


class Watch:
    """Counts how many are inside at a time."""

    def __init__(self):
        self.inside = self.most = 0

    def __enter__(self):
        self.inside += 1
        self.most = max(self.most, self.inside)

    def __exit__(self, *_):
        self.inside -= 1


@dataclass
class Project:
    """As much of a project as carrying it out takes."""

    graphs: dict
    settings: dict
    root = Path()

    @property
    def config(self):
        return SimpleNamespace(services=self.settings, registry="registry.example")

    @property
    def services(self):
        return {name: SimpleNamespace(kind="node") for name in self.graphs}

    def graph(self, name, run):
        assert run == "the run"
        found = self.graphs[name]
        if isinstance(found, Exception):
            raise found
        return found


def graph(name, image, **stages):
    made = tuple(Stage(stage, (), container, Inputs()) for stage, container in stages.items())
    return ServiceGraph(name, "node", (*made, Stage("runtime", tuple(stages), image, Inputs())), (image,))


class Noted(Quiet):
    """Progress that notes what happens to services."""

    def __init__(self, events):
        self.events = [] if events is None else events

    def event(self, service, text):
        self.events.append((service, text))


@pytest.fixture
def build(tmp_path):
    async def run(graphs, *, max_parallel=4, events=None, expected=None, **settings):
        services = {name: Service(path=".", **settings.get(name, {})) for name in graphs}
        output = Archives(tmp_path / "dist", tmp_path / "layers")
        chosen = orchestrate.Settings("the run", max_parallel, output, tmp_path / "state", expected=expected or {})
        report = await orchestrate.build(Project(graphs, services), list(graphs), ENGINE, chosen, Noted(events))
        return report, {service.service_name: service for service in report.services}

    return run


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_as_many_at_once_as_allowed(build, most):
    watch, events = Watch(), []
    names = ["a", "b", "c", "d"]
    report, _ = await build({name: graph(name, Stub(0.05, watched=watch)) for name in names}, max_parallel=most, events=events)
    assert report.success
    assert watch.most == most
    assert sorted(events) == sorted((name, event) for name in names for event in ("started", "built"))


async def test_the_longest_starts_first_and_what_is_unknown_before_it(build):
    events = []
    graphs = {name: graph(name, Stub()) for name in ("short", "long", "new")}
    report, _ = await build(graphs, max_parallel=1, events=events, expected={"short": 1.0, "long": 20.0})
    assert [name for name, event in events if event == "started"] == ["new", "long", "short"]
    assert [service.service_name for service in report.services] == ["short", "long", "new"]


async def test_services_keep_their_order_whoever_is_first(build):
    report, _ = await build({"slow": graph("slow", Stub(0.1)), "quick": graph("quick", Stub())})
    assert [service.service_name for service in report.services] == ["slow", "quick"]
    assert report.duration_seconds < report.sum_of_durations_seconds + 0.1


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (exec_error("npm", "ci"), "failed", "stage runtime: `npm ci` ended with exit code 3\nsaid\nwrong"),
        (query_error("no route to the registry"), "error", "no route to the registry"),
        (ValueError(), "error", "ValueError"),
    ],
)
async def test_one_failure_never_stops_the_others(build, error, status, message):
    report, found = await build({"bad": graph("bad", Stub(error=error)), "good": graph("good", Stub(0.1))})
    assert (report.success, report.services_succeeded) == (False, 1)
    assert (found["bad"].status, found["bad"].error_message, found["bad"].image) == (status, message, "")
    assert found["good"].image == "images/good.tar"
    assert found["good"].tags == ("registry.example/good:latest",)


async def test_a_graph_that_cannot_be_made_is_that_services_failure(build):
    _, found = await build({"bad": UsageError("no stage"), "good": graph("good", Stub())})
    assert (found["bad"].status, found["good"].status) == ("error", "built")


@pytest.mark.parametrize(
    ("stages", "still"),
    [
        ({"deps": Stub(), "build": Stub(60)}, ": still at stage build"),
        ({"deps": Stub(60), "build": Stub(60)}, ": still at stage deps, stage build"),
        ({"deps": Stub(), "build": Stub()}, ": still at stage runtime"),
    ],
)
async def test_a_timeout_tells_what_it_was_at_and_stops_no_other(build, monkeypatch, stages, still):
    monkeypatch.setattr(orchestrate, "_ASK_SECONDS", 0.2)
    graphs = {"slow": graph("slow", Stub(60), **stages), "good": graph("good", Stub(0.3))}
    with anyio.fail_after(10):
        report, found = await build(graphs, slow={"timeout": 0.1})
    assert found["slow"].status == "timeout"
    assert found["slow"].error_message.startswith(f"not finished after 0.1 s{still}; raise `timeout`")
    assert found["good"].success
    assert not report.success


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"image_size_mb": 0.001}, r"the image's size is [\d.e-]+ MB, over its budget of 0.001 MB"),
        ({"duration_seconds": 0.05}, r"the build's duration is [\d.]+ s, over its budget of 0.05 s"),
    ],
)
async def test_over_budget(build, budget, message):
    report, found = await build({"a": graph("a", Stub(0.1))}, a={"budget": Budget(**budget)})
    assert not report.success
    assert found["a"].status == "failed"
    assert re.fullmatch(message, found["a"].error_message)
    assert found["a"].image_digest


async def test_a_cancelled_run_ends_every_service(build):
    watch = Watch()
    with anyio.move_on_after(0.1) as scope:
        await build({name: graph(name, Stub(60, watched=watch)) for name in ("a", "b")})
    assert scope.cancelled_caught
    assert (watch.most, watch.inside) == (2, 0)
