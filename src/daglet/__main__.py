"""The program: `daglet session` in the place of `dagger session`, which is what the Dagger client starts for itself.

It prints one line of JSON with the session's port and token, then one with the engine that it found, and serves until its
standard input is closed. Of several engines it goes on to print a line whenever a group of stages is built on another one.
What it does on the way goes to standard error; where there is no engine to be had, the one line
is an object with `error`, `hint` and `exit_code`, which the program ends with: 2 where what the user named is wrong, else 1.
Where it cannot serve at all, for its working directory or its standard input, it says so on standard error and ends with 2.
Source: the client's own protocol, `provisioning/_session.py` of dagger-io 0.21.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import selectors
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, fields

import anyio
import anyio.to_thread

from daglet import embedded, store
from daglet.evaluate import Evaluator
from daglet.host import HostSettings
from daglet.pool import Pool
from daglet.server import schema, serve

_COLLECT_EVERY = 200_000
"""Objects made between two garbage collections: a session's schema and graphs live to its end."""

_WRONG = 2
"""The exit code where what the user named is wrong."""


def main() -> None:
    """Serve a session until standard input is closed, or INT or TERM comes."""
    gc.set_threshold(_COLLECT_EVERY)
    parser = argparse.ArgumentParser(prog="daglet", description="The Dagger API's session on plain BuildKit.")
    session = parser.add_subparsers(required=True, metavar="session").add_parser("session", help="serve one session")
    session.add_argument("--workdir", default=".", help="the folder that relative paths of the host start from")
    session.add_argument("--stage-variable", default="", help="the volatile variable that names stages in Dockerfiles")
    session.add_argument("--host", action="append", default=[], help="the address of a BuildKit that runs (repeatable)")
    session.add_argument("--place", action="append", default=[], help="GROUP=ADDRESS: where stages named GROUP/… are built")
    for credential in fields(embedded.Credentials):
        session.add_argument(f"--{credential.name}", default="", help="as buildctl takes it")
    session.add_argument(
        "--arguments-from-stdin", action="store_true", help="take the other arguments from a line of JSON there"
    )
    # The client adds labels for telemetry, and others to come.
    options, _ = parser.parse_known_args()
    if options.arguments_from_stdin:
        schema()  # while whoever is to use the session finds out how
        line = sys.stdin.readline()
        if not line:
            return
        options, _ = parser.parse_known_args([*sys.argv[1:], *json.loads(line)])
    if problem := _moved_to(options.workdir) or _unending():
        print(f"daglet: {problem}", file=sys.stderr)
        sys.exit(_WRONG)
    code = anyio.run(_until_over, options)
    # What lives now lives to the end: looking it through once more would have whoever had the session wait for it.
    gc.freeze()
    sys.exit(code)


def _moved_to(workdir: str) -> str:
    """Make a folder the working directory, and return why that cannot be, "" if it is."""
    try:
        os.chdir(workdir)
    except OSError as error:
        return f"cannot work in {workdir}: {error.strerror}"
    return ""


def _unending() -> str:
    """Return why nobody would hear of the end of standard input, "" if somebody does: a file, as /dev/null is one, has none."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin, selectors.EVENT_READ)
    except (OSError, ValueError):
        return "standard input has to be a pipe, a socket or a terminal: the session ends when it is closed"
    return ""


async def _until_over(options: argparse.Namespace) -> int:
    code = 0
    async with anyio.create_task_group() as group:

        async def work() -> None:
            nonlocal code
            code = await _session(options)
            group.cancel_scope.cancel()

        async def signalled() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    group.cancel_scope.cancel()

        async def abandoned() -> None:
            while True:
                await anyio.wait_readable(sys.stdin)
                if not os.read(sys.stdin.fileno(), 1 << 16):
                    group.cancel_scope.cancel()
                    return

        for task in (work, signalled, abandoned):
            group.start_soon(task)
    return code


async def _session(options: argparse.Namespace) -> int:
    layout = embedded.Layout.from_environment(os.environ)
    try:
        async with _engines(layout, options) as engines:
            places = dict(place.split("=", 1) for place in options.place)
            pool = Pool(engines, places, on_move=(lambda move: _tell(asdict(move))) if options.host else lambda _: None)
            evaluator = Evaluator(pool, layout.state, HostSettings.from_environment(os.environ), options.stage_variable)
            async with serve(evaluator) as session:
                _tell({"port": session.port, "session_token": session.token})
                _tell({"name": "buildkit", "version": engines[0].version, "platform": pool.platform})
                schema()  # while the client imports what it needs
                await anyio.to_thread.run_sync(store.sweep, layout.state)
                await anyio.sleep_forever()
    except embedded.EngineError as error:
        _tell({"error": error.message, "hint": error.hint, "exit_code": error.exit_code})
        return error.exit_code
    return 1


@asynccontextmanager
async def _engines(layout: embedded.Layout, options: argparse.Namespace) -> AsyncIterator[Sequence[embedded.Engine]]:
    """Yield the engines at the addresses that are given, else the one that the environment names, else the embedded one."""
    credentials = embedded.Credentials(**{item.name: getattr(options, item.name) for item in fields(embedded.Credentials)})
    if options.host:
        yield await embedded.reach(layout, options.host, credentials, _say)
        return
    async with embedded.acquire(layout, os.environ, _say, credentials) as engine:
        yield [engine]


def _say(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


def _tell(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
