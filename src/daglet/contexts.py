"""Host folders as build contexts: read once, filtered here, and kept under the hash of what passed the filter.

The engine is given a copy that holds just the files that count, so that it neither scans nor transfers the rest, and so
that an edit during a build cannot change what the build sees; a file that is edited while it is copied is read anew. Many
services are built from parts of one folder: no part of it is listed or read for each of them anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from daglet.errors import InvalidOperation
from daglet.operations import Filters, HostDirectory, NewFile
from daglet.patterns import has_exceptions, matcher, reach
from daglet.store import keep

_TRIES = 5
_SECOND = 10**9
"""In nanoseconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link below a host folder. `content` is a file's SHA-256 or a link's target."""

    path: str
    kind: str
    mode: int
    content: str


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a folder under a name."""

    name: str
    mode: int


@dataclass(frozen=True, slots=True)
class Disk:
    """What was seen of the host's disk: each folder is listed once, and each file is read once."""

    _listed: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    _read: dict[str, str] = field(default_factory=dict)

    def items(self, folder: str) -> tuple[Item, ...]:
        """Return what stands in a folder."""
        if folder not in self._listed:
            with os.scandir(folder) as found:
                self._listed[folder] = tuple(Item(item.name, item.stat(follow_symlinks=False).st_mode) for item in found)
        return self._listed[folder]

    def content(self, file: str) -> str:
        """Return the SHA-256 of a file's content."""
        if file not in self._read:
            self._read[file] = _sha256(file)
        return self._read[file]

    def forget(self, file: str) -> None:
        """Have a file read again."""
        self._read.pop(file, None)


def _sha256(file: str) -> str:
    with open(file, "rb") as content:  # noqa: PTH123 - hashlib wants a file object; Path.open costs twice as much
        return hashlib.file_digest(content, "sha256").hexdigest()


class _Changed(Exception):
    """A file is not what it was when its folder was scanned."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


def scan(directory: HostDirectory, disk: Disk | None = None) -> tuple[Entry, ...]:
    """Return what passes the filters of a host folder, sorted by path. Sockets, pipes and devices are passed over.

    Parameters
    ----------
    disk:
        What was seen before, to which this adds.

    Raises
    ------
    InvalidOperation
        If the folder is missing, or one of its files cannot be read.
    """
    root = Path(directory.path)
    if not root.is_dir():
        msg = f"the host folder {directory.path} does not exist" if not root.exists() else f"{directory.path} is no folder"
        raise InvalidOperation(msg)
    walk = _Walk(str(root).rstrip("/"), disk or Disk(), directory.filters)
    try:
        entries = sorted(walk.below(""), key=lambda entry: entry.path)
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


def stage(directory: HostDirectory, store: Path, disk: Disk | None = None) -> Path:
    """Copy what passes the filters of a host folder into the store, unless it is there, and return the copy's path.

    Raises
    ------
    InvalidOperation
        As `scan`, and if a file is edited each time that it is copied.
    """
    disk = disk or Disk()
    for _ in range(_TRIES):
        try:
            return _stage(directory, store, scan(directory, disk))
        except _Changed as changed:
            file = changed.file
            disk.forget(file)
    msg = f"{file} changes while it is read"
    raise InvalidOperation(msg)


def _stage(directory: HostDirectory, store: Path, entries: tuple[Entry, ...]) -> Path:
    def fill(copy: Path) -> None:
        for entry in entries:
            _copy(Path(directory.path, entry.path), copy / entry.path, entry)
        for entry in reversed(entries):
            if entry.kind == "folder":
                _set_time(copy / entry.path, Path(directory.path, entry.path).stat())

    return keep(store / digest(entries), fill)


def local_name(name: str, node: HostDirectory | NewFile, copy: Path) -> str:
    """Return what BuildKit is to know a build context by.

    Of a folder it takes those files anew whose size or time is another than in the last one of that name. So no two folders may
    share one, and where times are of whole seconds, as out of an archive and of files that are made, each content has its own.
    """
    return f"{name}-{copy.name if _has_whole_seconds(copy) else node.digest}"


@cache
def _has_whole_seconds(copy: Path) -> bool:
    files = (os.lstat(f"{folder}/{name}") for folder, _, names in os.walk(copy) for name in names)
    return any(stat.S_ISREG(info.st_mode) and info.st_mtime_ns % _SECOND == 0 for info in files)


def hold(name: str, contents: bytes, store: Path) -> Path:
    """Return a folder of the store that holds one file, with the time 0."""

    def fill(copy: Path) -> None:
        (copy / name).write_bytes(contents)
        (copy / name).chmod(0o644)
        os.utime(copy / name, (0, 0))

    return keep(store / digest((Entry(name, "file", 0o644, hashlib.sha256(contents).hexdigest()),)), fill)


class _Walk:
    """The way through a host folder, no deeper than its filters reach."""

    def __init__(self, root: str, disk: Disk, filters: Filters) -> None:
        self._root, self._disk = root, disk
        self._includes = [(matcher(include), reach(include)) for include, _ in filters if include]
        self._excludes = [(matcher(exclude), has_exceptions(exclude)) for _, exclude in filters]

    def below(self, prefix: str) -> Iterator[Entry]:
        """Yield what passes the filters below a folder, which is given with a slash at its end; "" is the root."""
        for item in self._disk.items(f"{self._root}/{prefix}"):
            path = f"{prefix}{item.name}"
            place = f"{self._root}/{path}"
            excluded = any(exclude(path) for exclude, _ in self._excludes)
            included = not excluded and all(include(path) for include, _ in self._includes)
            if stat.S_ISDIR(item.mode):
                below = list(self.below(f"{path}/")) if self._leads_on(path, excluded=excluded) else []
                if included or below:
                    yield Entry(path, "folder", stat.S_IMODE(item.mode), "")
                yield from below
            elif included and stat.S_ISLNK(item.mode):
                # A link's own mode means nothing and differs between file systems.
                yield Entry(path, "link", 0o777, str(Path(place).readlink()))
            elif included and stat.S_ISREG(item.mode):
                yield Entry(path, "file", stat.S_IMODE(item.mode), self._disk.content(place))

    def _leads_on(self, path: str, *, excluded: bool) -> bool:
        """Whether something below a folder may pass."""
        if excluded and not all(exceptions for exclude, exceptions in self._excludes if exclude(path)):
            return False
        return all(reaches(path) for _, reaches in self._includes)


def _copy(source: Path, target: Path, entry: Entry) -> None:
    match entry.kind:
        case "folder":
            target.mkdir()
            target.chmod(entry.mode | stat.S_IRWXU)
        case "link":
            target.symlink_to(entry.content)
        case _:
            # As of before: content that comes later has another time, too.
            info = source.stat()
            shutil.copyfile(source, target)
            if _sha256(str(target)) != entry.content:
                raise _Changed(str(source))
            target.chmod(entry.mode)
            _set_time(target, info)


def _set_time(target: Path, info: os.stat_result) -> None:
    os.utime(target, ns=(info.st_mtime_ns, info.st_mtime_ns))
