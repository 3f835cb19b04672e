"""The folder of an engine's or a session's state: for our user alone, on a disk that may be full or closed to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daglet.embedded.errors import EngineError


def make(folder: Path) -> None:
    """Make the folder of the state for our user alone: it has copies of sources, which need not be everybody's to read.

    Raises
    ------
    EngineError
        If the disk does not let it.
    """
    with told_of_the_disk(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def told_of_the_disk(folder: Path) -> Iterator[None]:
    """Tell of what the disk refuses as of an engine that cannot be had."""
    try:
        yield
    except OSError as error:
        msg = f"the engine's state cannot be kept in {folder}: {error.strerror}"
        raise EngineError(msg, hint="set DAGLET_STATE to a folder that can be written to, on a disk with room") from error
