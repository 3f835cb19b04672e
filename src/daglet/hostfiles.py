"""Files and folders of the machine that the client runs on: what its disk tells without a build."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from daglet import contexts, dockerfile, trees
from daglet import operations as ops
from daglet.errors import InvalidOperation


@dataclass(slots=True)
class HostFiles:
    """What a session reads of the host's disk.

    Parameters
    ----------
    kept:
        A folder of the user's for copies of host folders.
    """

    kept: Path
    _disk: contexts.Disk = field(default_factory=contexts.Disk)
    _copies: dict[str, Path] = field(default_factory=dict)
    _reading: dict[str, anyio.Lock] = field(default_factory=dict)

    async def context(self, node: ops.HostDirectory | ops.NewFile) -> Path:
        """Return the copy of a host folder. It is read once a session: what is built and what is told of it are the same."""
        async with self._reading.setdefault(node.digest, anyio.Lock()):
            if node.digest not in self._copies:
                if isinstance(node, ops.NewFile):
                    made = anyio.to_thread.run_sync(contexts.hold, dockerfile.CONTENTS, node.contents.encode(), self.kept)
                else:
                    made = anyio.to_thread.run_sync(contexts.stage, node, self.kept, self._disk)
                self._copies[node.digest] = await made
            return self._copies[node.digest]

    async def place(self, node: ops.File) -> Path | None:
        """Return where a file is on the host's disk, None if it is made by a build.

        Raises
        ------
        InvalidOperation
            If the folder that it is to be in does not have it, or leaves it out.
        """
        match node:
            case ops.HostFile(path=path):
                return Path(path)
            case ops.FileIn(directory=ops.HostDirectory() as directory, path=path):
                root = await self.context(directory) if directory.filters else Path(directory.path)
                if found := trees.lookup(root, path, follow=True):
                    return found
                msg = f"there is no file {path!r} in {directory.path}"
                raise InvalidOperation(msg)
        return None


def read(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    InvalidOperation
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InvalidOperation(msg) from error
