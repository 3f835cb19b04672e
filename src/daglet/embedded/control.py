"""What people do with the embedded engine between builds: look at it, keep it up, stop it, empty it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from daglet.buildctl import client_environment
from daglet.embedded import leftovers, locks, outage, probe, tools
from daglet.embedded.daemon import acquire
from daglet.embedded.errors import EngineError
from daglet.embedded.layout import Layout
from daglet.embedded.locks import Kind
from daglet.embedded.remote import Engine
from daglet.embedded.tools import OnStep

_ASK_SECONDS = 5.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.1
_LIFE_SECONDS = 2.0
_CLIENTS_SEEN = 10
"""How often in a row clients must be seen before the engine counts as used: another `stop` looks like one for a moment."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the embedded engine.

    Parameters
    ----------
    running:
        Whether a process of it lives.
    pid:
        buildkitd's process id; 0 where it does not run or does not listen yet.
    problem:
        Why one that runs does not answer; "" where it does.
    kept:
        Whether it stays up without clients.
    used:
        Whether clients use it.
    version, platform:
        What it said of itself; of one that does not run the version that would be started, and "".
    state, state_bytes:
        Its folder, and the disk space that this takes, in bytes.
    """

    running: bool
    pid: int
    problem: str
    kept: bool
    used: bool
    version: str
    platform: str
    state: Path
    state_bytes: int


async def version_of(address: str, layout: Layout) -> str:
    """Return the version of the BuildKit at an address, "" where it does not answer or there is no client to ask with yet."""
    try:
        answer = await probe.ask(tools.buildctl(layout.cache), address, client_environment(), _ASK_SECONDS)
    except probe.NoAnswer:
        return ""
    return answer.version


async def status(layout: Layout) -> Status:
    """Return what is known of the embedded engine."""
    size = await anyio.to_thread.run_sync(_disk_use, layout.state)
    if not is_running(layout):
        return Status(False, 0, "", False, False, tools.version(), "", layout.state, size)
    answer, problem = probe.Answer(tools.version(), ("",)), ""
    try:
        answer = await probe.ask(tools.buildctl(layout.cache), layout.address, client_environment(), _ASK_SECONDS)
    except probe.NoAnswer as error:
        problem = str(error)
    pid, used = probe.listener(layout.socket), not locks.is_free(layout.clients)
    return Status(True, pid, problem, layout.keep.exists(), used, answer.version, answer.platforms[0], layout.state, size)


def is_running(layout: Layout) -> bool:
    """Return whether a process of the embedded engine lives."""
    return not locks.is_free(layout.life)


def _disk_use(folder: Path) -> int:
    total = 0
    for path in (Path(parent, name) for parent, folders, files in os.walk(folder) for name in (*folders, *files)):
        try:
            total += path.lstat().st_blocks * 512
        except OSError:  # an engine that runs removes files, too
            continue
    return total


async def start(layout: Layout, environ: Mapping[str, str], on_step: OnStep) -> Engine:
    """Start the embedded engine and keep it up until `stop`.

    Raises
    ------
    EngineError
        If it cannot be started.
    """
    own = {name: value for name, value in environ.items() if name != "BUILDKIT_HOST"}
    async with acquire(layout, own, on_step) as engine:
        layout.keep.touch()
        return engine


async def stop(layout: Layout) -> bool:
    """Let the embedded engine end with its last client, and wait until it is gone if it has none.

    Returns
    -------
    bool
        Whether it is gone; False where clients still use it.
    """
    layout.keep.unlink(missing_ok=True)
    seen = 0
    with anyio.move_on_after(_STOP_SECONDS):
        while is_running(layout) and seen < _CLIENTS_SEEN:
            # Clients share their lock, a supervisor that is ending its engine does not.
            used = locks.is_free(layout.clients, Kind.SHARED) and not locks.is_free(layout.clients)
            seen = seen + 1 if used else 0
            await anyio.sleep(_POLL_SECONDS)
    if is_running(layout):
        return False
    await anyio.to_thread.run_sync(leftovers.remove, layout.engine, tools.runc(layout.cache))
    return True


async def prune(layout: Layout) -> int:
    """Stop the embedded engine and remove its whole state: cache, cache volumes, contexts.

    Returns
    -------
    int
        The disk space that this freed, in bytes.

    Raises
    ------
    EngineError
        If builds are using it.
    """
    if not layout.state.is_dir():
        return 0
    stopped = await stop(layout)
    # Builds that come meanwhile wait.
    async with locks.held(layout.start, Kind.EXCLUSIVE):
        try:
            async with locks.held(layout.life, Kind.EXCLUSIVE, _LIFE_SECONDS if stopped else 0):
                before = await anyio.to_thread.run_sync(_disk_use, layout.state)
                await anyio.to_thread.run_sync(outage.empty, layout, tools.runc(layout.cache))
                return before - await anyio.to_thread.run_sync(_disk_use, layout.state)
        except TimeoutError as error:
            msg = "the engine is in use"
            raise EngineError(msg, hint="wait for the builds that run, or end them") from error
