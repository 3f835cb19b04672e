"""Host folders as build contexts: read once, filtered here, and kept under the hash of what passed the filter.

The engine is given a copy that holds just the files that count, so that it neither scans nor transfers the rest, and so
that an edit during a build cannot change what the build sees.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from daglet.errors import InvalidOperation
from daglet.operations import HostDirectory
from daglet.patterns import Matcher, has_exceptions, matcher
from daglet.store import mark_used


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link below a host folder. `content` is a file's SHA-256 or a link's target."""

    path: str
    kind: str
    mode: int
    content: str


def scan(directory: HostDirectory) -> tuple[Entry, ...]:
    """Return what passes the filters of a host folder, sorted by path. Sockets, pipes and devices are passed over.

    Raises
    ------
    InvalidOperation
        If the folder is missing, or one of its files cannot be read.
    """
    root = Path(directory.path)
    if not root.is_dir():
        msg = f"the host folder {directory.path} does not exist" if not root.exists() else f"{directory.path} is no folder"
        raise InvalidOperation(msg)
    passes = _filter(directory)
    try:
        entries = sorted(_walk(root, "", passes), key=lambda entry: entry.path)
    except OSError as error:
        msg = f"cannot read {error.filename}: {error.strerror}"
        raise InvalidOperation(msg) from error
    return tuple(entries)


def digest(entries: tuple[Entry, ...]) -> str:
    """Return the hash of a scanned folder: names, modes and contents, not times."""
    summary = hashlib.sha256()
    for entry in entries:
        for part in (entry.path, entry.kind, f"{entry.mode:o}", entry.content):
            summary.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return summary.hexdigest()


def stage(directory: HostDirectory, store: Path) -> Path:
    """Copy what passes the filters of a host folder into the store, unless it is there, and return the copy's path."""
    entries = scan(directory)

    def fill(copy: Path) -> None:
        for entry in entries:
            _copy(Path(directory.path, entry.path), copy / entry.path, entry)
        for entry in reversed(entries):
            if entry.kind == "folder":
                _keep_time(Path(directory.path, entry.path), copy / entry.path)

    return _kept(store / digest(entries), fill)


def hold(name: str, contents: bytes, store: Path) -> Path:
    """Return a folder of the store that holds one file, with the time 0."""

    def fill(copy: Path) -> None:
        (copy / name).write_bytes(contents)
        (copy / name).chmod(0o644)
        os.utime(copy / name, (0, 0))

    return _kept(store / digest((Entry(name, "file", 0o644, hashlib.sha256(contents).hexdigest()),)), fill)


def _kept(target: Path, fill: Callable[[Path], None]) -> Path:
    """Return a folder of the store, filled unless it is there. It is complete before it takes its name."""
    if target.is_dir():
        mark_used(target)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        copy.chmod(0o755)
        fill(copy)
        copy.rename(target)
    except OSError as error:
        shutil.rmtree(copy, ignore_errors=True)
        if target.is_dir():
            return target
        msg = f"cannot copy {error.filename}: {error.strerror}"
        raise InvalidOperation(msg) from error
    return target


def _filter(directory: HostDirectory) -> tuple[tuple[Matcher | None, Matcher, bool], ...]:
    return tuple(
        (matcher(include) if include else None, matcher(exclude), has_exceptions(exclude))
        for include, exclude in directory.filters
    )


def _walk(root: Path, prefix: str, filters: tuple[tuple[Matcher | None, Matcher, bool], ...]) -> Iterator[Entry]:
    with os.scandir(root / prefix) as found:
        items = list(found)
    for item in items:
        path = f"{prefix}{item.name}"
        excluded = any(exclude(path) for _, exclude, _ in filters)
        included = not excluded and all(include is None or include(path) for include, _, _ in filters)
        info = item.stat(follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            may_reappear = all(exceptions for _, exclude, exceptions in filters if exclude(path))
            below = list(_walk(root, f"{path}/", filters)) if not excluded or may_reappear else []
            if included or below:
                yield Entry(path, "folder", stat.S_IMODE(info.st_mode), "")
            yield from below
        elif included and stat.S_ISLNK(info.st_mode):
            # A link's own mode means nothing and differs between file systems.
            yield Entry(path, "link", 0o777, str(Path(item.path).readlink()))
        elif included and stat.S_ISREG(info.st_mode):
            yield Entry(path, "file", stat.S_IMODE(info.st_mode), _hash(item.path))


def _hash(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - hashlib wants a file object; Path.open costs twice as much on small files
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path, entry: Entry) -> None:
    match entry.kind:
        case "folder":
            target.mkdir()
            target.chmod(entry.mode | stat.S_IRWXU)
        case "link":
            target.symlink_to(entry.content)
        case _:
            shutil.copyfile(source, target)
            target.chmod(entry.mode)
            _keep_time(source, target)


def _keep_time(source: Path, target: Path) -> None:
    info = source.stat()
    os.utime(target, ns=(info.st_mtime_ns, info.st_mtime_ns))
