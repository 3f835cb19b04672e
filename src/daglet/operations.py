"""The operations of the Dagger API as immutable nodes.

A value of the API (a container, a directory, a file) is a node that refers to the nodes it was made from. Nodes hold no
results. Two nodes with the same content are the same node: `digest` is a hash over the node's own fields and the digests
of the nodes it refers to, so it costs the same however deep the graph is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from daglet.errors import InvalidOperation


def _canonical(value: object) -> object:
    if isinstance(value, Node):
        return value.digest
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    return value


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A step of the graph, identified by the hash of its content."""

    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fields = [
            (f.name, _canonical(getattr(self, f.name)))
            for f in dataclasses.fields(self)
            if f.init and f.metadata.get("identity", True)
        ]
        text = json.dumps([type(self).__name__, fields], separators=(",", ":"), ensure_ascii=True)
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def with_(self, **changes: Any) -> Any:
        """Return the same node with some fields changed."""
        return dataclasses.replace(self, **changes)


# --- values that are neither files nor containers -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class CacheVolume(Node):
    """A folder that lives as long as the engine and is shared by the steps that mount it under the same key."""

    key: str
    owner: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Secret(Node):
    """A name for a value that stays in the session: neither the graph nor a Dockerfile ever holds the value."""

    name: str
    source: str = ""


# --- directories ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Directory(Node):
    """A tree of files."""


@dataclass(frozen=True, slots=True, eq=False)
class EmptyDirectory(Directory):
    """A tree with nothing in it."""


Filters = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
"""Patterns of what is let through and of what is not, in pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class HostDirectory(Directory):
    """A folder of the machine that the client runs on. Each of `filters` narrows what the one before let through."""

    path: str
    filters: Filters = ()


@dataclass(frozen=True, slots=True, eq=False)
class ContainerDirectory(Directory):
    """A folder of a container's file system."""

    container: Container
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class SubDirectory(Directory):
    """A folder inside a directory."""

    parent: Directory
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class DirectoryEdit(Directory):
    """A directory with one change made to it."""

    parent: Directory
    edit: Edit


# --- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class File(Node):
    """A single file, with the name it is known by."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class NewFile(File):
    """A file whose content is part of the graph."""

    contents: str
    permissions: int = 0o644


@dataclass(frozen=True, slots=True, eq=False)
class HostFile(File):
    """A file of the machine that the client runs on."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class FileIn(File):
    """A file inside a directory."""

    directory: Directory
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Archive(File):
    """A container as an OCI image archive, with one variant for each platform."""

    variants: tuple[Container, ...]


# --- changes to a tree of files, the same for directories and containers ---------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Edit(Node):
    """One change to a tree of files."""


@dataclass(frozen=True, slots=True, eq=False)
class CopyDirectory(Edit):
    """Lay the content of a directory over a path."""

    path: str
    source: Directory
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    owner: str = ""
    permissions: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CopyFile(Edit):
    """Put a file at a path; a path that ends in a slash keeps the file's name."""

    path: str
    source: File
    owner: str = ""
    permissions: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MakeDirectory(Edit):
    """Make a folder and its parents."""

    path: str
    permissions: int = 0o755


@dataclass(frozen=True, slots=True, eq=False)
class MakeSymlink(Edit):
    """Make a symbolic link."""

    target: str
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Remove(Edit):
    """Remove files or folders; what is not there is no error."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetTimestamps(Edit):
    """Give everything in the tree one modification time, in seconds since 1970."""

    timestamp: int


@dataclass(frozen=True, slots=True, eq=False)
class ChangeOwner(Edit):
    """Give a path and all below it one owner."""

    path: str
    owner: str


# --- containers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Container(Node):
    """A file system, what runs in it, and the image configuration."""

    @property
    def platform(self) -> str:
        """The platform that the container was made for, "" for the engine's own."""
        node: Container = self
        while isinstance(node, ContainerStep):
            node = node.parent
        platform: str = getattr(node, "for_platform", "")
        return platform


@dataclass(frozen=True, slots=True, eq=False)
class Scratch(Container):
    """A container with nothing in it."""

    for_platform: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FromAddress(Container):
    """The image at a registry's address."""

    address: str
    for_platform: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FromArchive(Container):
    """The image in an OCI image archive."""

    archive: File
    tag: str = ""
    for_platform: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ContainerStep(Container):
    """A container made from another by one step."""

    parent: Container
    step: Edit | Exec | Setting | Mount


@dataclass(frozen=True, slots=True, eq=False)
class Exec(Node):
    """A command run in the container."""

    args: tuple[str, ...]
    expect: Literal["SUCCESS", "FAILURE", "ANY"] = "SUCCESS"
    stdin: str = ""
    redirect_stdin: str = ""
    redirect_stdout: str = ""
    redirect_stderr: str = ""
    capture: bool = False
    """Whether stdout, stderr and the exit code are kept as files (see `CAPTURE_DIR`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Node):
    """One entry of the image configuration.

    `kind` is the Dockerfile's word for it (ENV, LABEL, USER, WORKDIR, ENTRYPOINT, CMD, EXPOSE, HEALTHCHECK) or VOLATILE,
    for a variable that commands see but that is neither in the image nor in a cache key. `name` tells apart entries of a
    kind that has several. `value` None removes it.
    """

    kind: Literal["ENV", "LABEL", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "EXPOSE", "HEALTHCHECK", "VOLATILE", "SECRET"]
    name: str = ""
    value: str | tuple[str, ...] | None = None
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Healthcheck(Setting):
    """How a container is asked whether it is well. Durations as the Dagger API writes them ("30s")."""

    shell: bool = False
    interval: str = ""
    timeout: str = ""
    start_period: str = ""
    start_interval: str = ""
    retries: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Mount(Node):
    """Something that commands see at a path and that is no part of the container's own file system.

    A mount without a source takes the mount at that path away.
    """

    path: str
    source: CacheVolume | Directory | File | Secret | None = None
    kind: Literal["cache", "bind", "secret", "tmpfs", ""] = ""
    sharing: str = "SHARED"
    owner: str = ""
    mode: int | None = None
    read_only: bool = False
    size: int | None = None


CAPTURE_DIR = "/.daglet"
"""Where a captured command's streams are written: `stdout`, `stderr` and `exit_code`."""


def absolute(path: str, workdir: str = "/") -> str:
    """Return a path of a container or directory as an absolute, normal one. There is nothing above the root for `..`.

    Raises
    ------
    InvalidOperation
        If the path is empty.
    """
    if not path:
        msg = "a path is empty"
        raise InvalidOperation(msg)
    parts: list[str] = []
    for part in PurePosixPath(workdir, path).parts[1:]:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
    return "/" + "/".join(parts)
