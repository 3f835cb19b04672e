"""Running programs: all in one session, some at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import dagger

from conformance import sample
from conformance.observe import observe, refusal
from conformance.program import Given, Program

_AT_ONCE = 4
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Observations:
    """What came of programs, by name. An exception is a mistake of the program's own."""

    engine: str
    seen: Mapping[str, Any]


def observed(programs: Iterable[Program], folder: Path, environ: Mapping[str, str]) -> Observations:
    """Run programs on the engine that the client finds in an environment.

    Parameters
    ----------
    folder:
        An empty folder for the programs' files.
    """
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        return anyio.run(_observed, list(programs), folder)
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _observed(programs: list[Program], folder: Path) -> Observations:
    host, images = folder / "host", folder / "images"
    for path in (host, images):
        path.mkdir()
    sample.write_folder(host)
    bare, dressed = sample.write_images(images)
    os.environ["CONFORMANCE_SECRET"] = "from the environment"
    seen: dict[str, Any] = {}
    limiter = anyio.CapacityLimiter(_AT_ONCE)
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        base = dagger.dag.container().import_(dagger.dag.host().file(str(bare)))
        fresh = os.urandom(8).hex()

        async def run(program: Program) -> None:
            out = folder / "out" / program.name
            async with limiter:
                out.mkdir(parents=True)
                seen[program.name] = await _seen(program, Given(base, dressed, host, out, fresh))

        async with anyio.create_task_group() as group:
            for program in programs:
                group.start_soon(run, program)
        return Observations(await dagger.dag.version(), seen)


async def _seen(program: Program, given: Given) -> Any:
    try:
        with anyio.fail_after(_SECONDS):
            return await observe(await program.run(given), given)
    except dagger.DaggerError as error:
        return refusal(error)
    except Exception as error:  # noqa: BLE001 - one broken program is one failed test
        return error
