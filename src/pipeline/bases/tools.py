"""Running the host's package managers: they know the user's mirrors, proxies and certificates."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.bases.errors import BaseError

_TIMEOUT_SECONDS = 300
_LINES = 5


def run(command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, hint: str) -> str:
    """Run a program of the host's and return what it printed.

    Raises
    ------
    BaseError
        If the program is missing, fails, or takes longer than five minutes.
    """
    program = shutil.which(command[0])
    if not program:
        msg = f"{command[0]} is not installed, and base images are assembled with it"
        raise BaseError(msg, hint=hint)
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours, and no shell reads them
            [program, *command[1:]],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        msg = f"{' '.join(command[:3])} did not finish in {_TIMEOUT_SECONDS} s"
        raise BaseError(msg, hint="check the network and try again") from None
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-_LINES:])
        msg = f"{' '.join(command[:3])} failed:\n{tail}"
        raise BaseError(msg, hint=hint)
    return done.stdout
