"""The embedded daemon on its own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import anyio

from daglet.embedded import Layout, acquire, status

CANARY = "c4n4ry-password"


def command_lines():
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "cmdline").read_bytes()
        except OSError:
            continue


async def ended(layout):
    deadline = anyio.current_time() + 10
    while status(layout).running and anyio.current_time() < deadline:  # noqa: ASYNC110 - another process ends
        await anyio.sleep(0.1)
    assert not status(layout).running


async def test_proxy_credentials_are_in_no_command_line(tmp_path):
    layout = replace(Layout.from_environment(os.environ), state=tmp_path)
    environ = {**os.environ, "HTTPS_PROXY": f"http://user:{CANARY}@127.0.0.1:9"}
    async with acquire(layout, environ, lambda _: None):
        pid = status(layout).pid
        assert CANARY.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        assert not [line for line in command_lines() if CANARY.encode() in line]
    await ended(layout)


async def test_runc_need_not_be_on_the_path(tmp_path):
    # buildkitd looks there first, whatever its arguments name: a fresh machine has runc in our cache only.
    layout = replace(Layout.from_environment(os.environ), state=tmp_path)
    environ = {**os.environ, "PATH": "/nonexistent"}
    async with acquire(layout, environ, lambda _: None):
        assert status(layout).running
    await ended(layout)
