from __future__ import annotations

import socket
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from daglet.planner import Planner
from daglet.server import VERSION, listening, serve


async def test_a_session_that_is_over_leaves_the_event_loop_as_it_was(tmp_path):
    async with serve(Planner.make("", tmp_path)) as session:
        await (await anyio.connect_tcp("127.0.0.1", session.port)).aclose()
    # The pipe gets the number that the session's socket had.
    with anyio.fail_after(10):
        assert (await anyio.run_process(["echo", "a"])).stdout == b"a\n"


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_beginning():
    with listening() as listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@asynccontextmanager
async def serving(folder):
    """Yield the token of a session, and a client that has it. Whatever it was sent, the session goes on."""
    async with serve(Planner.make("", folder)) as session:
        base = f"http://127.0.0.1:{session.port}"
        async with httpx.AsyncClient(auth=(session.token, ""), base_url=base, timeout=60) as client:
            yield session.token, client
            assert (await client.post("/query", json={"query": "{ version }"})).json() == {"data": {"version": VERSION}}


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic d3Jvbmc6", "Bearer TOKEN", "Basic /w==", "Basic é", "TOKEN"])
async def test_without_the_token_nothing_is_answered(tmp_path, header):
    async with serving(tmp_path) as (token, client), httpx.AsyncClient(base_url=client.base_url) as stranger:
        headers = {"Authorization": header.replace("TOKEN", token).encode("latin-1")}
        response = await stranger.post("/query", json={"query": "{ version }"}, headers=headers)
    assert response.status_code == 401
    assert response.content == b""


async def test_it_listens_on_one_address_of_this_machine_only(tmp_path):
    async with serving(tmp_path) as (_, client), httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError):
            await stranger.post(f"http://127.0.0.2:{client.base_url.port}/query")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"{}",
        b'{"query": 1}',
        b'{"query": "{version}", "variables": []}',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{version}", "variables": {"a": ["\\udfff"]}}',
    ],
    ids=range(10),
)
async def test_what_is_no_request_is_refused_with_a_reason(tmp_path, body):
    async with serving(tmp_path) as (_, client):
        response = await client.post("/query", content=body)
    assert response.status_code == 400
    assert 0 < len(response.text) < 200


async def test_a_body_may_not_be_larger_than_any_client_needs(tmp_path):
    async def endless():
        for _ in range(65):
            yield b" " * (1 << 20)

    async with serving(tmp_path) as (_, client):
        assert (await client.post("/query", content=endless())).status_code == 413


@pytest.mark.parametrize("depth", [250, 100_000])
async def test_a_chain_that_is_too_long_is_told_the_way_out(tmp_path, depth):
    query = "{ container " + '{ withWorkdir(path: "/") ' * depth + "{ id }" + "}" * (depth + 1)
    async with serving(tmp_path) as (_, client):
        response = await client.post("/query", json={"query": query})
    assert response.json()["errors"][0]["message"].endswith("await `sync()` between them")


async def test_a_document_may_not_have_more_words_than_any_client_needs(tmp_path):
    async with serving(tmp_path) as (_, client):
        response = await client.post("/query", json={"query": "{" + "a:version " * 80_000 + "}"})
    assert "more than 200000 tokens" in response.json()["errors"][0]["message"]


async def test_one_session_has_nothing_of_another(tmp_path):
    query = '{ container { withNewFile(path: "/a", contents: "c4n4ry") { id } } }'
    async with serve(Planner.make("", tmp_path)) as one, serve(Planner.make("", tmp_path)) as other:
        async with httpx.AsyncClient(auth=(one.token, "")) as client:
            made = await client.post(f"http://127.0.0.1:{one.port}/query", json={"query": query})
            assert (await client.post(f"http://127.0.0.1:{other.port}/query", json={"query": query})).status_code == 401
        identity = made.json()["data"]["container"]["withNewFile"]["id"]
        async with httpx.AsyncClient(auth=(other.token, "")) as client:
            asked = f'{{ node(id: "{identity}") {{ id }} }}'
            found = await client.post(f"http://127.0.0.1:{other.port}/query", json={"query": asked})
            assert "this session has no object with the id" in found.json()["errors"][0]["message"]


async def _ask(folder, query):
    async with serve(Planner.make("", folder)) as session, httpx.AsyncClient(auth=(session.token, "")) as client:
        response = await client.post(f"http://127.0.0.1:{session.port}/query", json={"query": query})
        assert response.status_code == 200
        return response.json()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ container { nothing } }", "Cannot query field 'nothing'"),
        ('{ container { withWorkdir(path: "/", nothing: 1) { id } } }', "Unknown argument 'nothing'"),
        ("{ container { withWorkdir { id } } }", "of required type 'String!' was not provided"),
        ("{ container { withWorkdir(path: 1) { id } } }", "cannot represent a non string value: 1"),
        ("query A { container { withWorkdir(path: $path) { id } } }", "to provide a runtime value"),
        ("{ container { rootfs } }", "must have a selection of subfields"),
        ("{ ...A }", "Unknown fragment 'A'"),
        ("{", "Syntax Error"),
    ],
)
async def test_a_faulty_request_is_refused(tmp_path, query, message):
    assert message in (await _ask(tmp_path, query))["errors"][0]["message"]


async def test_introspection_is_answered_from_the_disk_the_second_time(tmp_path):
    query = '{ __type(name: "Secret") { name kind } }'
    first = await _ask(tmp_path, query)
    (kept,) = (tmp_path / "introspection").iterdir()
    assert first == {"data": {"__type": {"name": "Secret", "kind": "OBJECT"}}}
    kept.write_text('{"data": "from the disk"}')
    assert await _ask(tmp_path, query) == {"data": "from the disk"}


async def test_introspection_with_variables_is_answered_for_each_value(tmp_path):
    query = 'query T($name: String = "Secret") { __type(name: $name) { name } }'
    async with serving(tmp_path) as (_, client):
        for name in ("Container", "File"):
            response = await client.post("/query", json={"query": query, "variables": {"name": name}})
            assert response.json() == {"data": {"__type": {"name": name}}}
    assert not (tmp_path / "introspection").exists()
    assert await _ask(tmp_path, query) == {"data": {"__type": {"name": "Secret"}}}


@pytest.mark.parametrize("query", ["{ version __typename }", "{ __schema { nothing } }", "{ __type { name } }"])
async def test_other_answers_are_not_kept(tmp_path, query):
    await _ask(tmp_path, query)
    assert not (tmp_path / "introspection").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../../etc/hostname", "a/b"])
async def test_a_files_name_is_no_path(tmp_path, name):
    query = 'query Q($name: String!) { file(name: "a", contents: "b") { withName(name: $name) { contents } } }'
    async with serving(tmp_path) as (_, client):
        answer = (await client.post("/query", json={"query": query, "variables": {"name": name}})).json()
    assert answer["errors"][0]["message"] == f"{name!r} is no name of a file"
