"""How a command ends: what it gave, an error or a signal, as text and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import anyio
import typer

from pipeline.engine import Choice, prepared
from pipeline.errors import PipelineError, leaves
from pipeline.printed import inert

if TYPE_CHECKING:
    from pipeline import library

_INTERRUPTED = 130


def run(command: Callable[[], Awaitable[library.Outcome]], engine: Choice | None = None) -> None:
    """Run a command to its end, and turn whatever ends it into an exit code and one clear message.

    One that builds on an engine finds that being prepared meanwhile.
    """

    async def on_engine(choice: Choice) -> library.Outcome:
        async with prepared(choice):
            return await command()

    try:
        outcome = anyio.run(_until_signalled, partial(on_engine, engine) if engine else command)
    except PipelineError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        outcome = None
    except Exception as error:
        if os.environ.get("PIPELINE_DEBUG"):
            raise
        leaf = leaves(error)[0] if isinstance(error, BaseExceptionGroup) else error
        _fail(f"unexpected {type(leaf).__name__}: {leaf}; with PIPELINE_DEBUG=1 it says where this comes from", 1)
    if outcome is None:
        _fail("interrupted", _INTERRUPTED)
    sys.stdout.write(outcome.text)
    raise typer.Exit(outcome.exit_code)


async def _until_signalled(command: Callable[[], Awaitable[library.Outcome]]) -> library.Outcome | None:
    """Run a command; on INT or TERM cancel it, so that everything it started is ended in order."""
    outcome: library.Outcome | None = None
    failure: PipelineError | None = None

    async with anyio.create_task_group() as group:

        async def work() -> None:
            nonlocal outcome, failure
            try:
                outcome = await command()
            except PipelineError as error:
                failure = error
            except BaseExceptionGroup as errors:
                failure = next((leaf for leaf in leaves(errors) if isinstance(leaf, PipelineError)), None)
                if failure is None:
                    raise
            group.cancel_scope.cancel()

        async def watch() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    group.cancel_scope.cancel()
                    return

        group.start_soon(watch)
        group.start_soon(work)
    if failure:
        raise failure
    return outcome


def _fail(message: str, code: int) -> NoReturn:
    print("\n".join(map(inert, f"pipeline: {message}".split("\n"))), file=sys.stderr)
    raise typer.Exit(code)
