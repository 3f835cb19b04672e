"""Which engine runs the operations: the one place that knows both Dagger's own and the embedded one.

In order: the session that we run in, Dagger where its command line and an engine answer, the BuildKit that
`BUILDKIT_HOST` names, the embedded BuildKit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import dagger

    from daglet import embedded
    from daglet.evaluate import Evaluator

STAGE_VARIABLE = "PIPELINE_STAGE"


class Choice(StrEnum):
    """What the user asked for."""

    AUTO = "auto"
    DAGGER = "dagger"
    BUILDKIT = "buildkit"


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that runs: its name, its version, and why it was chosen."""

    name: Literal["dagger", "buildkit"]
    version: str
    reason: str


def choose(choice: Choice, environ: Mapping[str, str]) -> tuple[Choice, str]:
    """Return the engine to use and the reason, in a few words."""
    if choice is Choice.DAGGER:
        return choice, "asked for"
    if choice is Choice.BUILDKIT:
        return choice, "asked for"
    if environ.get("DAGGER_SESSION_PORT"):
        return Choice.DAGGER, "inside a Dagger session"
    if environ.get("BUILDKIT_HOST"):
        return Choice.BUILDKIT, "BUILDKIT_HOST is set"
    if shutil.which("dagger") and _docker_answers():
        return Choice.DAGGER, "dagger and Docker are at hand"
    return Choice.BUILDKIT, "no Dagger Engine at hand"


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if not docker:
        return False
    try:
        return subprocess.run([docker, "info"], capture_output=True, timeout=5, check=False).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        return False


@asynccontextmanager
async def session(choice: Choice, on_step: Callable[[str], None]) -> AsyncIterator[Engine]:
    """Yield an engine that the Dagger client is connected to.

    Raises
    ------
    PipelineError
        If there is no engine to be had.
    """
    found, reason = choose(choice, os.environ)
    async with AsyncExitStack() as stack:
        if found is Choice.DAGGER:
            yield await _dagger(stack, reason)
        else:
            yield await _buildkit(stack, reason, on_step)


async def _dagger(stack: AsyncExitStack, reason: str) -> Engine:
    import dagger  # noqa: PLC0415 - a second of start-up that `--help` and bad input need not pay

    try:
        await stack.enter_async_context(dagger.connection())
        return Engine("dagger", await dagger.dag.version(), reason)
    except (dagger.DaggerError, OSError) as error:
        msg = f"no Dagger Engine: {error}"
        raise PipelineError(msg, hint="start Docker, or take the embedded engine with --engine buildkit") from error


async def _buildkit(stack: AsyncExitStack, reason: str, on_step: Callable[[str], None]) -> Engine:
    from daglet import embedded  # noqa: PLC0415 - as above
    from daglet.embedded import EngineError  # noqa: PLC0415

    layout = embedded.Layout.from_environment(os.environ)
    try:
        engine = await stack.enter_async_context(embedded.acquire(layout, os.environ, on_step))
    except EngineError as error:
        raise PipelineError(error.message, hint=error.hint) from error
    await _connect(stack, engine, layout.state)
    return Engine("buildkit", engine.version, reason)


async def _connect(stack: AsyncExitStack, engine: embedded.Engine, state: Path) -> None:
    from daglet.evaluate import Evaluator  # noqa: PLC0415
    from daglet.host import HostSettings  # noqa: PLC0415

    await _serve(stack, Evaluator(engine, state, HostSettings.from_environment(os.environ), STAGE_VARIABLE))


async def _serve(stack: AsyncExitStack, evaluator: Evaluator) -> None:
    import dagger  # noqa: PLC0415

    from daglet.server import serve  # noqa: PLC0415

    served = await stack.enter_async_context(serve(evaluator))
    # The client finds a session through these two; children of ours are started without them.
    os.environ |= {"DAGGER_SESSION_PORT": str(served.port), "DAGGER_SESSION_TOKEN": served.token}
    stack.callback(lambda: [os.environ.pop(name, None) for name in ("DAGGER_SESSION_PORT", "DAGGER_SESSION_TOKEN")])
    await stack.enter_async_context(dagger.connection())


async def dockerfiles(containers: Sequence[dagger.Container]) -> list[str]:
    """Return the Dockerfile of each container, as the embedded engine would build it. No engine is needed."""
    from daglet.planner import Planner  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pipeline-") as scratch:
        planner = Planner.make(STAGE_VARIABLE, Path(scratch))
        async with AsyncExitStack() as stack:
            await _serve(stack, planner)
            for container in containers:
                await container.sync()
        return planner.plans


def embedded_status() -> str:
    """Return what is known of the embedded engine, for people."""
    from daglet import embedded  # noqa: PLC0415

    found = embedded.status(embedded.Layout.from_environment(os.environ))
    running = f"running (process {found.pid})" if found.running else "not running"
    kept = ", kept up until `pipeline engine stop`" if found.kept else ""
    return f"BuildKit {found.version}: {running}{kept}\nstate: {found.state}\n"


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


async def embedded_prune() -> None:
    """Remove the embedded engine's state."""
    from daglet import embedded  # noqa: PLC0415

    try:
        await embedded.prune(embedded.Layout.from_environment(os.environ))
    except embedded.EngineError as error:
        raise PipelineError(error.message, hint=error.hint) from error
