"""What a program of the suite is: an async function of plain client code, which returns what is to be observed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagger


@dataclass(frozen=True, slots=True)
class Given:
    """What a program finds.

    Parameters
    ----------
    base:
        A container with busybox and the users root, node (1000) and app (1001), and with nothing set but PATH.
    dressed:
        An image archive of the same files with everything set that an image can hold.
    host:
        A folder of the host with the files that `sample.py` lists.
    out:
        An empty folder of the host, for exports.
    fresh:
        A word that no earlier run used, for the keys of cache volumes.
    """

    base: dagger.Container
    dressed: Path
    host: Path
    out: Path
    fresh: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program, known by its module's name and its own."""

    name: str
    run: Callable[[Given], Awaitable[Any]]


PROGRAMS: dict[str, Program] = {}
"""Every program, by name."""


def program(run: Callable[[Given], Awaitable[Any]]) -> Callable[[Given], Awaitable[Any]]:
    """Make a function a program of the suite."""
    name = f"{run.__module__.rpartition('.')[2]}/{run.__name__}"
    PROGRAMS[name] = Program(name, run)
    return run
