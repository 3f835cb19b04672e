"""Running other people's tools, whose failures are to be told in a sentence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio

from daglet.embedded.errors import EngineError

_LINES = 5


async def run(command: Sequence[str], *, cwd: Path, hint: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end. It is ended when the wait for it is cancelled, and when we are killed.

    Raises
    ------
    EngineError
        If it cannot be started, or fails. `hint` says the way out.
    """
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    try:
        done = await anyio.run_process([*prefix, *command], cwd=cwd, env=env, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        msg = f"{command[0]} cannot be run: {error.strerror}"
        raise EngineError(msg, hint=hint) from error
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-_LINES:])
        msg = f"{Path(command[0]).name} {_verb(command)} failed:\n{tail}\n"
        raise EngineError(msg, hint=hint)


def _verb(command: Sequence[str]) -> str:
    """Return the first argument that is a word, which says what a tool was to do."""
    return next((word for word in command[1:] if word.isalpha()), "")
