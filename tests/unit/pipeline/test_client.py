"""The client's converters: one for all steps of all chains, and the answers that it gives without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack

import dagger
import pytest
from dagger import dag
from dagger.client import _core, _guards

from daglet import server
from daglet.planner import Planner
from pipeline import client, engine


@pytest.fixture
def made(monkeypatch):
    """The contexts that a converter of their own was made for, once the client is loaded."""
    monkeypatch.setattr(_core, "make_converter", _original())
    contexts = []
    original = _core.make_converter
    monkeypatch.setattr(_core, "make_converter", lambda context: contexts.append(context) or original(context))
    client.load()
    contexts.clear()
    return contexts


def _original():
    """Return the client's own function, whatever an earlier test has loaded."""
    made = _core.make_converter
    return (
        made.__closure__[made.__code__.co_freevars.index("make")].cell_contents if made.__module__ == client.__name__ else made
    )


def chain():
    directory = dag.directory().with_new_file("a", "1")
    container = dag.container(platform=dagger.Platform("linux/arm64")).with_directory("/", directory)
    return container.with_mounted_cache("/c", dag.cache_volume("c"), sharing=dagger.CacheSharingMode.LOCKED)


def test_a_chain_makes_none(made):
    chain()
    assert made == []


VALUES = ("text", 1, None, True, [], ["a"], ("a",), {"a": 1}, dagger.CacheSharingMode.LOCKED, dagger.Platform("linux/arm64"))


def test_what_is_an_object_is_what_the_client_takes_for_one(made):
    objects = [dag.directory(), dag.container(), dag.cache_volume("c"), dag.set_secret("s", "v")]
    for value in (*VALUES, *objects, objects, tuple(objects)):
        assert _core.is_id_type(value) == _guards.is_id_type(value), value
        assert bool(_core.is_id_type_sequence(value)) == _guards.is_id_type_sequence(value), value
    assert _core.is_id_type is not _guards.is_id_type


def test_arguments_are_what_they_were(made):
    loaded = [(field.name, {**field.args}) for field in chain()._ctx.selections]
    _core.make_converter = _original()
    plain = [(field.name, {**field.args}) for field in chain()._ctx.selections]
    assert [name for name, _ in loaded] == [name for name, _ in plain]
    for (_, ours), (_, theirs) in zip(loaded, plain, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(isinstance(ours[name], dagger.client.base.Type) or ours[name] == theirs[name] for name in ours)


@pytest.mark.parametrize(
    ("value", "kind"), [("a", str), (3, int), (True, bool), ("linux/amd64", dagger.Platform), (None, str | None)]
)
def test_a_plain_answer_makes_none(made, value, kind):
    assert dag.container()._ctx.converter.structure(value, kind) == value
    assert made == []


def test_an_answer_with_objects_is_converted_in_its_own_context(made):
    context = dag.container()._ctx
    assert context.converter.structure(["a", "b"], list[str]) == ["a", "b"]
    assert made == [context]


def _printed(code, environ=None):
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True).stdout


def test_it_is_loaded_once():
    code = (
        "from pipeline import client; client.load(); from dagger.client import _core; first = _core.make_converter;"
        "client.load(); print(first is _core.make_converter, first.__module__)"
    )
    assert _printed(code) == "True pipeline.client\n"


async def test_the_id_of_what_the_same_calls_make_is_asked_for_once(tmp_path, monkeypatch):
    asked = []
    answer = server._App._answer

    async def noted(app, query, variables):
        asked.append(query)
        return await answer(app, query, variables)

    monkeypatch.setattr(server._App, "_answer", noted)

    async def container(name):
        empty = dag.directory()
        chain = dag.container().with_directory("/a", empty).with_mounted_cache("/c", dag.cache_volume(name))
        return await chain.with_exec(["true"]).id()

    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(server.serve(Planner.make("", tmp_path)))
        await engine._connect(stack, served.port, served.token)
        assert await container("one") == await container("one")
        assert await container("two") != await container("one")
        assert sum("cacheVolume" in query for query in asked) == 2
        assert sum("id: id" in query for query in asked) == 5


NOT_NEEDED = ("dagger.provisioning", "httpx._main", "opentelemetry.sdk", "rich")


def _imported(environ):
    code = "import json, sys; from pipeline import client; client.load(); print(json.dumps(sorted(sys.modules)))"
    found = {name: value for name, value in os.environ.items() if name != "TRACEPARENT" and not name.startswith("OTEL_")}
    return [name for name in NOT_NEEDED if name in json.loads(_printed(code, found | environ))]


def test_what_no_session_needs_is_not_imported():
    assert _imported({}) == []


@pytest.mark.parametrize("variable", ["TRACEPARENT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_the_clients_own_telemetry_is_there_where_something_asks_for_it(variable):
    assert _imported({variable: ""}) == ["opentelemetry.sdk"]


def test_what_was_left_out_can_be_imported_later():
    code = (
        "from pipeline import client; client.load(); import dagger, httpx._main, dagger.provisioning as later;"
        "print(callable(later.connection), callable(dagger.connect))"
    )
    assert _printed(code) == "True True\n"
