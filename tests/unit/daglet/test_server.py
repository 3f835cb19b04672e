from __future__ import annotations

import anyio
import httpx
import pytest

from daglet.planner import Planner
from daglet.server import serve


async def test_a_session_that_is_over_leaves_the_event_loop_as_it_was(tmp_path):
    async with serve(Planner.make("", tmp_path)) as session:
        await (await anyio.connect_tcp("127.0.0.1", session.port)).aclose()
    # The pipe gets the number that the session's socket had.
    with anyio.fail_after(10):
        assert (await anyio.run_process(["echo", "a"])).stdout == b"a\n"


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


@pytest.mark.parametrize("query", ["{ version __typename }", "{ __schema { nothing } }", "{ __type { name } }"])
async def test_other_answers_are_not_kept(tmp_path, query):
    await _ask(tmp_path, query)
    assert not (tmp_path / "introspection").exists()
