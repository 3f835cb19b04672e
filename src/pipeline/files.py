"""Files that are whole or not there: written beside their place and renamed into it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def plain(path: Path) -> Path:
    """Return the path of a file that has an end: a repository may hold links to devices and pipes, which have none.

    Raises
    ------
    OSError
        If it leads to what is no plain file. Whether one is there is for the reader to find out.
    """
    if not path.is_file() and path.exists():
        raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))
    return path


def resolved(path: Path) -> Path:
    """Return where a path leads, symbolic links followed.

    Raises
    ------
    OSError
        If it leads in a circle, or no file system can have it.
    """
    try:
        return path.resolve()
    except (RuntimeError, ValueError) as error:
        raise OSError(errno.EINVAL, "it is a loop of symbolic links, or no path", os.fspath(path)) from error


def write_text_atomic(path: Path, text: str, *, synced: bool = True) -> None:
    """Write a text file so that a reader finds the old content or the new one, never a part.

    Parameters
    ----------
    synced:
        Whether it has to be so after a power cut, too. Waiting for the disk takes as long as writing what it has pending of other
        files, such as images: what each run makes anew does without.

    Raises
    ------
    OSError
        If the folder cannot be written to; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
