"""The embedded daemon's life: started once, shared, gone with its last client, and replaced when it was killed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
import steps

from daglet.embedded import EngineError, Layout, acquire, daemon, is_running, locks, status, stop, tools
from daglet.embedded.locks import Kind

CANARY = "c4n4ry-password"

CLIENT = """
import anyio, os
from daglet.embedded import Layout, acquire

async def main():
    async with acquire(Layout.from_environment(os.environ), os.environ, print) as engine:
        os.write(1, b"ready")
        await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.fixture
async def layout(tmp_path):
    """An engine of the test's own, which is gone when the test is over."""
    made = replace(Layout.from_environment(os.environ), state=tmp_path)
    yield made
    await steps.until(lambda: not is_running(made))
    assert steps.with_arguments(os.fsencode(tmp_path)) == []
    assert steps.left(made) == []
    assert not made.socket.exists()


def silent(_):
    pass


def engine(layout, environ=os.environ):
    return acquire(layout, environ, silent)


async def pid(layout):
    return (await status(layout)).pid


def supervisor(layout):
    [found] = steps.with_arguments(os.fsencode(layout.clients))
    return found


async def test_it_says_what_it_is(layout):
    async with engine(layout) as running:
        assert running.version == tools.version()
        assert running.platform in {"linux/amd64", "linux/arm64"}


async def test_proxy_credentials_are_in_no_command_line(layout):
    names = ("HTTPS_PROXY", "http_proxy")
    async with engine(layout, {**os.environ, **dict.fromkeys(names, f"http://user:{CANARY}@127.0.0.1:9")}) as running:
        environ = Path(f"/proc/{await pid(layout)}/environ").read_bytes()
        assert environ.count(CANARY.encode()) == len(names)
        async with steps.running(running, "sleep", "2001"):
            assert steps.with_arguments(CANARY.encode()) == []


async def test_runc_need_not_be_on_the_path(layout):
    # buildkitd looks there first, whatever its arguments name: a fresh machine has runc in our cache only.
    async with engine(layout, {**os.environ, "PATH": "/nonexistent"}) as running:
        await steps.run(running, "true")


async def test_clients_share_it_and_the_last_one_ends_it(layout):
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(engine(layout))
        own = await pid(layout)
        await second.enter_async_context(engine(layout))
        assert await pid(layout) == own
        await first.aclose()
        await anyio.sleep(1)
        assert await pid(layout) == own
    await steps.until(lambda: not is_running(layout))


async def test_clients_that_come_at_once_start_it_once(layout):
    found = []

    async def client():
        async with engine(layout) as running:
            await steps.run(running, "true")
            found.append(await pid(layout))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(client)
    assert len(set(found)) == 1


async def test_clients_that_come_and_go_always_find_one_that_builds(layout):
    for pause in (0, 0.1, 0.2, 0.25, 0.3, 0.5):
        async with engine(layout) as running:
            await steps.run(running, "true")
        await anyio.sleep(pause)


async def test_a_killed_client_takes_it_along(layout):
    environ = {**os.environ, "DAGLET_STATE": str(layout.state)}
    async with await anyio.open_process([sys.executable, "-c", CLIENT], env=environ, stderr=None) as client:
        assert await client.stdout.receive()
        assert is_running(layout)
        client.kill()
    await steps.until(lambda: not is_running(layout))


async def test_a_socket_that_only_accepts_is_no_engine(layout):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(layout.socket))
        dead.listen()
        dead.setblocking(False)
        async with engine(layout) as running:
            await steps.run(running, "true")


async def test_a_successor_waits_for_its_predecessor_to_be_gone(layout):
    order = []

    async def predecessor():
        async with locks.held(layout.life, Kind.EXCLUSIVE):
            group.start_soon(successor)
            await anyio.sleep(1)
            order.append("predecessor gone")

    async def successor():
        async with engine(layout):
            order.append("successor ready")

    async with anyio.create_task_group() as group:
        group.start_soon(predecessor)
    assert order == ["predecessor gone", "successor ready"]


async def test_a_dying_supervisor_leaves_its_successor_alone(layout):
    async with engine(layout), anyio.create_task_group() as group:
        slow = supervisor(layout)
        os.kill(slow, signal.SIGSTOP)
        os.kill(await pid(layout), signal.SIGKILL)

        async def go_on():
            await anyio.sleep(1)
            os.kill(slow, signal.SIGCONT)

        group.start_soon(go_on)
        async with engine(layout) as successor:
            assert supervisor(layout) != slow
            await steps.run(successor, "true")


async def test_one_that_hangs_is_told_in_bounded_time(layout, monkeypatch):
    monkeypatch.setattr(daemon, "_START_SECONDS", 3)
    async with engine(layout):
        stopped = await pid(layout)
        os.kill(stopped, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(
            EngineError, match=r"(?s)is there but not ready after 3 s .*its log ends with:\n.*running server on"
        ):
            async with engine(layout):
                pass
        assert time.monotonic() - started < 8
        os.kill(stopped, signal.SIGCONT)


async def test_one_that_cannot_start_is_told_with_the_end_of_its_log(layout):
    # Any setting that BuildKit does not understand.
    with pytest.raises(
        EngineError, match=r"(?s)ended before it was ready; its log ends with:\n.*invalid disk space a lot\n.*the whole log is"
    ):
        async with engine(layout, {**os.environ, "DAGLET_MAX_STATE": "a lot"}):
            pass


async def test_a_state_that_cannot_be_written_is_told_with_the_way_out(layout, tmp_path):
    layout.settings.mkdir()
    with pytest.raises(EngineError, match=r"state cannot be kept in .*: Is a directory; set DAGLET_STATE to a folder"):
        async with engine(layout):
            pass
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match=r"state cannot be kept in .*: Not a directory; set DAGLET_STATE to a folder"):
        async with engine(replace(layout, state=tmp_path / "file" / "state")):
            pass


@pytest.mark.parametrize("whom", ["buildkitd", "supervisor"])
async def test_what_is_killed_leaves_nothing_running_and_the_next_build_succeeds(layout, whom):
    words = ("sleep", "2002")
    async with engine(layout) as running, steps.running(running, *words) as client:
        daemon_pid = await pid(layout)
        killed = daemon_pid if whom == "buildkitd" else supervisor(layout)
        assert len(steps.left(layout)) > 0
        os.kill(killed, signal.SIGKILL)
        await steps.until(lambda: not steps.processes(words), 3)
        await steps.until(lambda: not is_running(layout), 3)
        assert await client.wait() != 0
        assert not [point for point in steps.left(layout) if point.startswith("/") and "cgroup" not in point]
        async with engine(layout) as successor:
            assert steps.left(layout) == []
            assert await pid(layout) != daemon_pid
            await steps.run(successor, "true")


async def test_its_state_is_known_to_be_on_the_disk_once_it_has_ended(layout):
    async with engine(layout):
        assert layout.unsynced.exists()
    await steps.until(lambda: not is_running(layout))
    assert not layout.unsynced.exists()


async def test_it_begins_from_nothing_after_the_machine_went_down_under_it(layout):
    told = []
    async with engine(layout) as running:
        before = running.identity
        os.kill(supervisor(layout), signal.SIGKILL)
        await steps.until(lambda: not is_running(layout), 3)
        async with acquire(layout, os.environ, told.append) as same:
            assert same.identity == before
            os.kill(supervisor(layout), signal.SIGKILL)
            await steps.until(lambda: not is_running(layout), 3)
            layout.unsynced.write_text("the boot before this one\n")
            async with acquire(layout, os.environ, told.append) as other:
                assert other.identity != before
                await steps.run(other, "true")
    assert told == ["the machine went down while the embedded engine ran: it begins from nothing"]


async def test_a_killed_supervisor_s_leftovers_go_with_stop(layout):
    async with engine(layout) as running, steps.running(running, "sleep", "2003"):
        os.kill(supervisor(layout), signal.SIGKILL)
        await steps.until(lambda: not is_running(layout), 3)
    layout.socket.unlink()
    assert steps.left(layout) != []
    assert await stop(layout)
    assert steps.left(layout) == []
