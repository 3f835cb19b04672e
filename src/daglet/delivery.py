"""Files that were built, written to a place of the host: what is in their way goes, and no link leads them elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daglet.errors import InvalidOperation

_OWN = 0o700
"""The mode of a folder that is made: it is its owner's until he decides otherwise."""


def tree(source: Path, target: Path, *, wipe: bool = False) -> None:
    """Write a folder's content into another, over what is there, or, wiping, in its place.

    Raises
    ------
    InvalidOperation
        If the disk does not let it.
    """
    with _told(target):
        if wipe and target.is_dir():
            for item in target.iterdir():
                _remove(item)
        if not target.exists():
            target.mkdir(parents=True)
            target.chmod(_OWN)
        _merge(source, target)


def file(source: Path, target: Path) -> None:
    """Write a file; it is complete before it takes the target's name, and has the mode of the one that was there.

    Raises
    ------
    InvalidOperation
        If the source or the target is a folder, or the disk does not let it.
    """
    if source.is_dir():
        msg = f"cannot write {target}: {source.name} is a folder, and no file"
        raise InvalidOperation(msg)
    if target.is_dir():
        msg = f"cannot write {target}: a folder is there; name the file, too"
        raise InvalidOperation(msg)
    with _told(target), replacing(target) as copy:
        shutil.copy2(source, copy)
        if target.is_file():
            shutil.copymode(target, copy)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield the place of a file that takes the target's name once it is complete; if it fails, nothing is left of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(handle)
    copy = Path(name)
    try:
        yield copy
        copy.rename(target)
    finally:
        copy.unlink(missing_ok=True)


def _merge(source: Path, target: Path) -> None:
    for item in source.iterdir():
        place = target / item.name
        if not _is_folder(item):
            _remove(place)
            shutil.copy2(item, place, follow_symlinks=False)
            continue
        if not _is_folder(place):
            _remove(place)
            place.mkdir()
        _merge(item, place)
        shutil.copystat(item, place)


def _remove(place: Path) -> None:
    if _is_folder(place):
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    """Whether a folder is there, and no link to one."""
    return path.is_dir() and not path.is_symlink()


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"cannot write {error.filename or target}: {error.strerror or error}"
        raise InvalidOperation(msg) from error
