from __future__ import annotations

import anyio

from daglet.planner import Planner
from daglet.server import serve


async def test_a_session_that_is_over_leaves_the_event_loop_as_it_was(tmp_path):
    async with serve(Planner.make("", tmp_path)) as session:
        await (await anyio.connect_tcp("127.0.0.1", session.port)).aclose()
    # The pipe gets the number that the session's socket had.
    with anyio.fail_after(10):
        assert (await anyio.run_process(["echo", "a"])).stdout == b"a\n"
