"""Locks on files, which the kernel takes back when their holder ends, however it ends."""

from __future__ import annotations

import fcntl
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from pathlib import Path
from typing import IO

import anyio

_POLL_SECONDS = 0.02


class Kind(IntEnum):
    """Who may hold a lock at the same time: any number of holders of shared ones, or a single one."""

    SHARED = fcntl.LOCK_SH
    EXCLUSIVE = fcntl.LOCK_EX


def attempt(file: IO[str], kind: Kind) -> bool:
    """Take a lock if it is free, and return whether it was."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(path: Path, kind: Kind = Kind.EXCLUSIVE) -> bool:
    """Return whether a lock could be had now."""
    if not path.exists():
        return True
    with path.open("a") as file:
        return attempt(file, kind)


@asynccontextmanager
async def held(path: Path, kind: Kind, patience: float = math.inf) -> AsyncIterator[None]:
    """Hold a lock, waiting for it without holding up the loop, so that the wait can be cancelled.

    Parameters
    ----------
    patience:
        How long to wait, in seconds.

    Raises
    ------
    TimeoutError
        If it is not to be had in that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        with anyio.fail_after(patience):
            while not attempt(file, kind):  # noqa: ASYNC110 - another process holds it
                await anyio.sleep(_POLL_SECONDS)
        yield
