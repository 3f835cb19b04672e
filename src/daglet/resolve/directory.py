"""Directories, and what is asked of them."""

from __future__ import annotations

import stat as stat_module
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from daglet import contexts, patterns, trees
from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.evaluate import Evaluator
from daglet.resolve.table import PERMISSIONS, serves


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of a file or folder without reading it."""

    name: str
    file_type: str
    permissions: int
    size: int


@serves("Directory", "directory")
def _sub_directory(_: Evaluator, directory: ops.Directory, *, path: str) -> ops.Directory:
    inside = ops.absolute(path)
    if inside == "/":
        return directory
    if isinstance(directory, ops.HostDirectory) and not directory.filters and (place := _on_host(directory.path, inside)):
        return ops.HostDirectory(place)
    return ops.SubDirectory(directory, inside)


def _on_host(root: str, inside: str) -> str:
    """Return where a folder of a host folder is, "" if links lead to none within it: the host's disk would take them out of it."""
    found = trees.lookup(Path(root), inside, follow=True)
    if found and found.is_dir():
        return str(found)
    parts = PurePosixPath(inside).parts[1:]
    has_link = any(Path(root, *parts[:count]).is_symlink() for count in range(1, len(parts) + 1))
    return "" if has_link else root.rstrip("/") + inside


@serves("Directory", "file")
def _directory_file(_: Evaluator, directory: ops.Directory, *, path: str) -> ops.File:
    inside = ops.absolute(path)
    return ops.FileIn(PurePosixPath(inside).name, directory, inside)


@serves("Directory", "filter")
def _filter(
    _: Evaluator, directory: ops.Directory, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
) -> ops.Directory:
    if isinstance(directory, ops.HostDirectory):
        return replace(directory, filters=(*directory.filters, (include, exclude)))
    return ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyDirectory("/", directory, include, exclude))


@serves("Directory", "withNewDirectory")
def _with_new_directory(_: Evaluator, directory: ops.Directory, *, path: str, permissions: int = 0o644) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.MakeDirectory(ops.absolute(path), permissions & PERMISSIONS))


@serves("Directory", "withTimestamps")
def _with_timestamps(_: Evaluator, directory: ops.Directory, *, timestamp: int) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.SetTimestamps(timestamp))


@serves("Directory", "chown")
def _chown(_: Evaluator, directory: ops.Directory, *, path: str, owner: str) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.ChangeOwner(ops.absolute(path), owner))


@serves("Directory", "export")
async def _export_directory(evaluator: Evaluator, directory: ops.Directory, *, path: str, wipe: bool = False) -> str:
    target = Path(path).resolve()
    await evaluator.export_directory(directory, target, wipe=wipe)
    return str(target)


@serves("Directory", "entries")
async def _entries(evaluator: Evaluator, directory: ops.Directory, *, path: str = "/") -> list[str]:
    inside = ops.absolute(path)
    async with evaluator.exported(directory) as root:
        folder = trees.lookup(root, inside, follow=True)
        if not folder or not folder.is_dir():
            msg = f"the directory has no folder {path!r}"
            raise InvalidOperation(msg)
        return sorted(f"{item.name}/" if item.is_dir() and not item.is_symlink() else item.name for item in folder.iterdir())


@serves("Directory", "glob")
async def _glob(evaluator: Evaluator, directory: ops.Directory, *, pattern: str) -> list[str]:
    matches = patterns.exactly(pattern)
    async with evaluator.exported(directory) as root:
        found = contexts.scan(ops.HostDirectory(str(root)))
        names = (f"{entry.path}/" if entry.kind == "folder" else entry.path for entry in found)
        return [name for name in names if matches(name.rstrip("/"))]


@serves("Directory", "digest")
async def _directory_digest(evaluator: Evaluator, directory: ops.Directory) -> str:
    if isinstance(directory, ops.HostDirectory):
        # A copy is kept under its digest.
        return f"sha256:{(await evaluator.files.context(directory)).name}"
    async with evaluator.exported(directory) as root:
        return f"sha256:{contexts.digest(contexts.scan(ops.HostDirectory(str(root))))}"


@serves("Directory", "exists")
async def _exists(
    evaluator: Evaluator,
    directory: ops.Directory,
    *,
    path: str,
    expected_type: str = "",
    do_not_follow_symlinks: bool = False,
) -> bool:
    inside = ops.absolute(path)
    follow = not (do_not_follow_symlinks or expected_type == "SYMLINK_TYPE")
    async with evaluator.exported(directory) as root:
        found = trees.lookup(root, inside, follow=follow)
        return found is not None and (not expected_type or f"{trees.file_type(found.lstat())}_TYPE" == expected_type)


@serves("Directory", "stat")
async def _directory_stat(
    evaluator: Evaluator, directory: ops.Directory, *, path: str, do_not_follow_symlinks: bool = False
) -> Stat:
    inside = ops.absolute(path)
    async with evaluator.exported(directory) as root:
        found = trees.lookup(root, inside, follow=not do_not_follow_symlinks)
        if found is None:
            msg = f"there is no file {path!r}"
            raise InvalidOperation(msg)
        info = found.lstat()
        return Stat(found.name, trees.file_type(info), stat_module.S_IMODE(info.st_mode), info.st_size)


for _name in ("name", "permissions", "size"):
    serves("Stat", _name)(lambda _, stat, _name=_name: getattr(stat, _name))
serves("Stat", "fileType")(lambda _, stat: stat.file_type)
