"""Which engine runs the operations: the one place that knows both Dagger's own and the embedded one.

In order: the session that we run in, Dagger where its command line and an engine answer, the BuildKit that
`BUILDKIT_HOST` names, those that the configuration names, the embedded BuildKit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.abc
import anyio.to_thread
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.text import TextReceiveStream

from pipeline import client
from pipeline.errors import PipelineError, UsageError
from pipeline.hosts import Remote, Whereabouts

if TYPE_CHECKING:
    import dagger

    from daglet import embedded

STAGE_VARIABLE = "PIPELINE_STAGE"

# Dagger's own names, which its documentation gives for engines of one's own.
_CLIENT_PROGRAM = "_EXPERIMENTAL_DAGGER_CLI_BIN"
_ENGINE_ADDRESS = "_EXPERIMENTAL_DAGGER_RUNNER_HOST"

_ANSWER_SECONDS = 5
_GRACE_SECONDS = 10
_LINE_LIMIT = 1 << 16
_Stream = TypeVar("_Stream")

_READY: ContextVar[list[anyio.abc.Process] | None] = ContextVar("_READY", default=None)
"""The program that `prepared` has started, until a session takes it."""


class Choice(StrEnum):
    """What the user asked for."""

    AUTO = "auto"
    DAGGER = "dagger"
    BUILDKIT = "buildkit"


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that runs: its name, its version, the platform that it builds on, why it was chosen, and where it builds what."""

    name: Literal["dagger", "buildkit"]
    version: str
    platform: str
    reason: str
    where: Whereabouts = field(default_factory=Whereabouts)


def choose(choice: Choice, environ: Mapping[str, str], hosts: Sequence[str] = ()) -> tuple[Choice, str]:
    """Return the engine to use and the reason, in a few words."""
    if choice is not Choice.AUTO:
        return choice, "asked for"
    if environ.get("DAGGER_SESSION_PORT"):
        return Choice.DAGGER, "inside a Dagger session"
    if _client_program(environ) and (reason := _reachable(environ)):
        return Choice.DAGGER, reason
    if environ.get("BUILDKIT_HOST"):
        return Choice.BUILDKIT, "BUILDKIT_HOST is set"
    if hosts:
        return Choice.BUILDKIT, "engine.hosts is set"
    return Choice.BUILDKIT, "no Dagger Engine at hand"


def _client_program(environ: Mapping[str, str]) -> str:
    """Return Dagger's command line, which starts a session for the client; "" if it is not installed."""
    return environ.get(_CLIENT_PROGRAM) or shutil.which("dagger", path=environ.get("PATH")) or ""


def _reachable(environ: Mapping[str, str]) -> str:
    """Return why `dagger` will reach an engine, "" if it will not: one that is named for it, or one that Docker runs for it."""
    named = environ.get(_ENGINE_ADDRESS, "")
    address = urlsplit(named)
    match address.scheme:
        case "unix":
            found = _listens(socket.AF_UNIX, address.path)
        case "tcp":
            found = _listens(socket.AF_INET, (address.hostname or "", address.port or 0))
        case "":
            return "dagger and Docker are at hand" if _docker_answers(environ) else ""
        case _:
            # A container or a pod: asking for it is what dagger does first.
            found = True
    return f"dagger is on the path, its engine at {named}" if found else ""


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(_ANSWER_SECONDS)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


def _docker_answers(environ: Mapping[str, str]) -> bool:
    docker = shutil.which("docker", path=environ.get("PATH"))
    if not docker:
        return False
    try:
        done = subprocess.run([docker, "info"], capture_output=True, timeout=_ANSWER_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@asynccontextmanager
async def session(choice: Choice, on_step: Callable[[str], None], remote: Remote | None = None) -> AsyncIterator[Engine]:
    """Yield an engine that the Dagger client is connected to.

    Parameters
    ----------
    remote:
        How BuildKits on other machines are reached.

    Raises
    ------
    PipelineError
        If there is no engine to be had.
    """
    remote = remote or Remote()
    found, reason = choose(choice, os.environ, remote.hosts)
    async with AsyncExitStack() as stack:
        if found is Choice.DAGGER:
            yield await _dagger(stack, reason)
        else:
            yield await _buildkit(stack, reason, on_step, remote)


async def _dagger(stack: AsyncExitStack, reason: str) -> Engine:
    import dagger  # noqa: PLC0415 - a second of start-up that `--help` and bad input need not pay

    client.load()
    if program := _client_program(os.environ):
        # Without it the client downloads a program of its own version.
        os.environ[_CLIENT_PROGRAM] = program
    try:
        await stack.enter_async_context(dagger.connection())
        return Engine("dagger", await dagger.dag.version(), await dagger.dag.default_platform(), reason)
    except (dagger.DaggerError, OSError) as error:
        msg = f"no Dagger Engine: {error}"
        raise PipelineError(msg, hint="start Docker, or take the embedded engine with --engine buildkit") from error


async def _buildkit(stack: AsyncExitStack, reason: str, on_step: Callable[[str], None], remote: Remote) -> Engine:
    """Start a session of BuildKit's as a process of its own, beside the import of the client that is to talk to it."""
    output = await stack.enter_async_context(_session_program(on_step, remote))
    await anyio.to_thread.run_sync(client.load)
    connection, running = await _line(output), await _line(output)
    await _connect(stack, int(connection["port"]), connection["session_token"])
    engine = Engine("buildkit", running["version"], running["platform"], reason)
    group = await stack.enter_async_context(anyio.create_task_group())
    group.start_soon(_follow, output, engine.where, on_step)
    stack.callback(group.cancel_scope.cancel)
    return engine


async def _follow(output: BufferedByteReceiveStream, where: Whereabouts, on_step: Callable[[str], None]) -> None:
    """Take note of each service that is built on another host from now on."""
    with suppress(anyio.EndOfStream, anyio.IncompleteRead):
        while told := json.loads(await output.receive_until(b"\n", _LINE_LIMIT)):
            where.note(told["group"], told["host"], told["lost"], told["reason"])
            if told["lost"]:
                on_step(f"{told['group']}: built again on {told['host']}, since {told['lost']} was lost: {told['reason']}")


@asynccontextmanager
async def prepared(choice: Choice) -> AsyncIterator[None]:
    """Have the program of the session that the context will need import what it takes, beside whatever comes before that.

    It begins nothing until a session tells it its arguments, and is ended where none does.
    """
    dagger_first = choice is Choice.DAGGER or os.environ.get("DAGGER_SESSION_PORT") or _client_program(os.environ)
    if dagger_first and choice is not Choice.BUILDKIT:
        yield
        return
    ready = [await _start_program()]
    token = _READY.set(ready)
    try:
        yield
    finally:
        _READY.reset(token)
        with anyio.CancelScope(shield=True):
            for process in ready:
                process.kill()
                await process.wait()
                await process.aclose()


async def _start_program() -> anyio.abc.Process:
    command = [sys.executable, "-P", *(() if __debug__ else ("-O",)), "-m", "daglet", "session", "--arguments-from-stdin"]
    # A group of its own: Ctrl-C is for us to handle, and ends the session in order.
    return await anyio.open_process(command, start_new_session=True)


@asynccontextmanager
async def _session_program(on_step: Callable[[str], None], remote: Remote) -> AsyncIterator[BufferedByteReceiveStream]:
    """Run `daglet session` for as long as the context lasts; yield its output: how to connect, then what the engine is."""
    arguments = [f"--stage-variable={STAGE_VARIABLE}", *(f"--{name}={value}" for name, value in remote.credentials.items())]
    if not os.environ.get("BUILDKIT_HOST"):
        arguments += [f"--host={host}" for host in remote.hosts]
        arguments += [f"--place={service}={host}" for service, host in remote.places.items()]
    ready = _READY.get()
    process = ready.pop() if ready else await _start_program()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_tell_lines, process, on_step)
            with suppress(anyio.BrokenResourceError):  # what it printed says why it is gone
                await _open(process.stdin).send(json.dumps(arguments).encode() + b"\n")
            yield BufferedByteReceiveStream(_open(process.stdout))
            await _open(process.stdin).aclose()
    finally:
        with anyio.CancelScope(shield=True):
            await _ended(process)


async def _line(output: BufferedByteReceiveStream) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(await output.receive_until(b"\n", _LINE_LIMIT))
    except (anyio.EndOfStream, anyio.IncompleteRead) as error:
        msg = "the embedded session ended before it began"
        raise PipelineError(msg, hint="what it printed above says why") from error
    if "error" in told:
        kind = UsageError if told["exit_code"] == UsageError.exit_code else PipelineError
        raise kind(told["error"], hint=told["hint"])
    return told


async def _tell_lines(process: anyio.abc.Process, on_step: Callable[[str], None]) -> None:
    pending = ""
    async for text in TextReceiveStream(_open(process.stderr), errors="replace"):
        *lines, pending = (pending + text).split("\n")
        for line in lines:
            on_step(line)


async def _ended(process: anyio.abc.Process) -> None:
    """Wait for a session whose standard input is closed; one that does not end in time is ended."""
    await _open(process.stdin).aclose()
    with anyio.move_on_after(_GRACE_SECONDS):
        await process.wait()
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    await process.aclose()


def _open(stream: _Stream | None) -> _Stream:
    if stream is None:
        msg = "the process was started without its pipes"
        raise TypeError(msg)
    return stream


async def _connect(stack: AsyncExitStack, port: int, token: str) -> None:
    """Connect the client to a session. The environment, which children of ours are given, never has its token."""
    client.load()
    from dagger.client._session import ConnectParams, SharedConnection  # noqa: PLC0415 - as `load` has it

    params = ConnectParams(port=port, session_token=token)
    await stack.enter_async_context(SharedConnection().with_params(params))
    stack.enter_context(client.remembered_ids())


async def dockerfiles(containers: Sequence[dagger.Container]) -> list[str]:
    """Return the Dockerfile of each container, as the embedded engine would build it. No engine is needed."""
    from daglet.planner import Planner  # noqa: PLC0415
    from daglet.server import serve  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pipeline-") as scratch:
        planner = Planner.make(STAGE_VARIABLE, Path(scratch))
        async with AsyncExitStack() as stack:
            served = await stack.enter_async_context(serve(planner))
            await _connect(stack, served.port, served.token)
            for container in containers:
                await container.sync()
        return planner.plans


async def buildkit_version(environ: Mapping[str, str]) -> str:
    """Return the version of the BuildKit that Dockerfiles are built with here, "" where none can be asked.

    It is the one that BUILDKIT_HOST names, else Docker's. Nothing is started or installed for the question, and no
    certificate is shown.
    """
    if address := environ.get("BUILDKIT_HOST"):
        from daglet import embedded  # noqa: PLC0415

        return await embedded.version_of(address, embedded.Layout.from_environment(environ))
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None:
        return ""
    told = b""
    with anyio.move_on_after(_ANSWER_SECONDS):
        done = await anyio.run_process([docker, "buildx", "inspect"], stdin=subprocess.DEVNULL, check=False)
        told = done.stdout
    found = re.search(rb"^\s*BuildKit(?: version)?:\s*(v[\d.]+)", told, re.MULTILINE)
    return found[1].decode() if found else ""


async def embedded_status() -> str:
    """Return what is known of the embedded engine, for people."""
    from daglet import embedded  # noqa: PLC0415

    found = await embedded.status(embedded.Layout.from_environment(os.environ))
    lines = [f"BuildKit {found.version}: {_condition(found)}", f"state: {found.state}, {found.state_bytes / 1e6:.1f} MB"]
    if address := os.environ.get("BUILDKIT_HOST"):
        lines.append(f"builds use BUILDKIT_HOST instead: {address}")
    return "\n".join(lines) + "\n"


def _condition(found: embedded.Status) -> str:
    if not found.running:
        return "not running"
    process = f" (process {found.pid})" if found.pid else ""
    if found.problem:
        return f"running{process}, but it does not answer: {found.problem}"
    use = "in use" if found.used else "idle"
    end = "kept up until `pipeline engine stop`" if found.kept else "ends with its last build"
    return f"running{process} for {found.platform}, {use}, {end}"


async def embedded_start(on_step: Callable[[str], None]) -> str:
    """Start the embedded engine, keep it up, and return its address."""
    from daglet import embedded  # noqa: PLC0415

    try:
        engine = await embedded.start(embedded.Layout.from_environment(os.environ), os.environ, on_step)
    except embedded.EngineError as error:
        raise PipelineError(error.message, hint=error.hint) from error
    return f"{engine.address}\n"


async def embedded_stop() -> bool:
    """Stop the embedded engine; return whether it is gone."""
    from daglet import embedded  # noqa: PLC0415

    return await embedded.stop(embedded.Layout.from_environment(os.environ))


async def embedded_prune() -> int:
    """Remove the embedded engine's state; return the disk space that this freed, in bytes."""
    from daglet import embedded  # noqa: PLC0415

    try:
        return await embedded.prune(embedded.Layout.from_environment(os.environ))
    except embedded.EngineError as error:
        raise PipelineError(error.message, hint=error.hint) from error
