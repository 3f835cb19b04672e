"""Places in a tree of files on disk, as its own root would see them."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

_LINKS = 40
"""How many symbolic links may lead to one place, as in the kernel."""


def lookup(root: Path, path: str, *, follow: bool) -> Path | None:
    """Return where a path of a tree leads, None if to nothing. Links are followed within the tree."""
    place, pending, steps = root, list(PurePosixPath(path).parts[1:]), 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            place = place.parent if place != root else root
            continue
        place /= part
        if place.is_symlink() and (pending or follow):
            target, steps = PurePosixPath(place.readlink()), steps + 1
            pending = [item for item in target.parts if item != "/"] + pending
            place = root if target.is_absolute() else place.parent
        if steps > _LINKS or not (place.is_symlink() or place.exists()):
            return None
    return place


def file_type(info: os.stat_result) -> str:
    """Return the API's word for what a file is."""
    kinds = {stat.S_IFREG: "REGULAR", stat.S_IFDIR: "DIRECTORY", stat.S_IFLNK: "SYMLINK"}
    return kinds.get(stat.S_IFMT(info.st_mode), "UNKNOWN")
