"""Changes to a tree of files, which are the same for containers and directories."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from daglet import operations as ops
from daglet import relations
from daglet.errors import Unsupported
from daglet.evaluate import Evaluator
from daglet.resolve.paths import at
from daglet.resolve.table import PERMISSIONS, serves


def _changed(node: ops.Container | ops.Directory, edit: ops.Edit) -> ops.Container | ops.Directory:
    for path in getattr(edit, "paths", None) or (getattr(edit, "path", "/"),):
        if isinstance(node, ops.Container) and relations.mounted(node, path):
            what = f"a change to {path}, where something is mounted,"
            raise Unsupported(what)
    return ops.ContainerStep(node, edit) if isinstance(node, ops.Container) else ops.DirectoryEdit(node, edit)


def _with_directory(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    source: ops.Directory,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    target = at(node, path).rstrip("/") or "/"
    return _changed(node, ops.CopyDirectory(target, source, include, exclude, owner, permissions))


def _with_file(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    source: ops.File,
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    mode = None if permissions is None else permissions & PERMISSIONS
    return _changed(node, ops.CopyFile(at(node, path), source, owner, mode))


def _with_files(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    sources: tuple[ops.File, ...],
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    for source in sources:
        node = _with_file(_, node, path=f"{path.rstrip('/')}/", source=source, owner=owner, permissions=permissions)
    return node


def _with_new_file(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    contents: str,
    permissions: int = 0o644,
    owner: str = "",
) -> Any:
    target = at(node, path)
    file = ops.NewFile(PurePosixPath(target).name, contents, permissions & PERMISSIONS)
    return _changed(node, ops.CopyFile(target, file, owner))


def _with_symlink(_: Evaluator, node: ops.Container | ops.Directory, *, target: str, link_name: str) -> Any:
    return _changed(node, ops.MakeSymlink(target, at(node, link_name)))


def _without(_: Evaluator, node: ops.Container | ops.Directory, *, path: str) -> Any:
    return _changed(node, ops.Remove((at(node, path),)))


def _without_files(_: Evaluator, node: ops.Container | ops.Directory, *, paths: tuple[str, ...]) -> Any:
    return _changed(node, ops.Remove(tuple(at(node, path) for path in paths)))


for _kind in ("Container", "Directory"):
    serves(_kind, "withDirectory")(_with_directory)
    serves(_kind, "withFile")(_with_file)
    serves(_kind, "withFiles")(_with_files)
    serves(_kind, "withNewFile")(_with_new_file)
    serves(_kind, "withSymlink")(_with_symlink)
    serves(_kind, "withoutDirectory")(_without)
    serves(_kind, "withoutFile")(_without)
    serves(_kind, "withoutFiles")(_without_files)
