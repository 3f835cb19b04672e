"""An embedded BuildKit: started on demand, shared while it runs, gone with its last client."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise

import anyio
import anyio.to_thread

from daglet.buildctl import client_environment
from daglet.embedded import locks, outage, probe, remote, state, tools
from daglet.embedded.errors import EngineError, WrongHost
from daglet.embedded.launch import launch
from daglet.embedded.layout import Layout
from daglet.embedded.locks import Kind
from daglet.embedded.remote import Credentials, Engine
from daglet.embedded.tools import OnStep, Tools

_START_SECONDS = 60.0
_ASK_SECONDS = 10.0
_POLL_SECONDS = 0.02
_LOG_LINES = 5


@asynccontextmanager
async def acquire(
    layout: Layout, environ: Mapping[str, str], on_step: OnStep, credentials: Credentials | None = None
) -> AsyncIterator[Engine]:
    """Yield an engine that runs for as long as the context lasts: the one BUILDKIT_HOST names, else the embedded one.

    Parameters
    ----------
    credentials:
        What a client proves itself with at the one that BUILDKIT_HOST names.

    Raises
    ------
    EngineError
        If there is none to be had.
    """
    if address := environ.get("BUILDKIT_HOST"):
        engine = await _named(layout, address, credentials or Credentials(), on_step)
        state.make(layout.state)
        yield engine
        return
    if os.geteuid() != 0:
        msg = "the embedded engine needs root, as it mounts file systems for the steps"
        raise EngineError(msg, hint="run as root, or set BUILDKIT_HOST to a BuildKit that is running (rootless ones included)")
    found = await tools.ensure(layout.cache, on_step)
    state.make(layout.state)
    async with locks.held(layout.clients, Kind.SHARED):
        async with locks.held(layout.start, Kind.EXCLUSIVE):
            answer = await _answering(layout, found, environ, on_step)
        yield Engine(layout.address, found.buildctl, found.shim, answer.version, answer.platforms[0], answer.identity)


async def _named(layout: Layout, address: str, credentials: Credentials, on_step: OnStep) -> Engine:
    try:
        return await remote.at(await tools.client(layout.cache, on_step), address, credentials)
    except remote.Unusable as error:
        raise WrongHost(address, str(error)) from error


async def _answering(layout: Layout, found: Tools, environ: Mapping[str, str], on_step: OnStep) -> probe.Answer:
    """Return the answer of the engine that runs. Where none lives, or the one that does is about to end, start one."""
    deadline = anyio.current_time() + _START_SECONDS
    launched, reason = False, ""
    while (left := deadline - anyio.current_time()) > 0:
        # Asking costs a process, so look for a listener first.
        if probe.listener(layout.socket):
            try:
                return await probe.ask(found.buildctl, layout.address, client_environment(), min(left, _ASK_SECONDS))
            except probe.NoAnswer as error:
                reason = str(error)
        with layout.life.open("a") as life:
            if locks.attempt(life, Kind.EXCLUSIVE):
                if launched:
                    raise _failed(layout, "BuildKit ended before it was ready")
                with state.told_of_the_disk(layout.state):
                    if outage.spoiled(layout):
                        on_step("the machine went down while the embedded engine ran: it begins from nothing")
                        await anyio.to_thread.run_sync(outage.empty, layout, found.runc)
                    await anyio.to_thread.run_sync(launch, layout, found, environ, life)
                launched = True
        await anyio.sleep(_POLL_SECONDS)
    raise _failed(layout, f"BuildKit is there but not ready after {_START_SECONDS:g} s" + (f" ({reason})" if reason else ""))


def _failed(layout: Layout, what: str) -> EngineError:
    lines = layout.log.read_text(errors="replace").splitlines() if layout.log.exists() else []
    # Of a Go stack trace, each frame is a function's line and an indented one with its place.
    told = [line for line, after in pairwise([*lines, ""]) if not line.startswith("\t") and not after.startswith("\t")]
    tail = "\n".join(told[-_LOG_LINES:]) or "(nothing)"
    hint = f"the whole log is {layout.log}; `pipeline engine prune` lets it start from nothing"
    return EngineError(f"{what}; its log ends with:\n{tail}\n", hint=hint)
