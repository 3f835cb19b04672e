"""Files, and what is asked of them."""

from __future__ import annotations

from pathlib import Path

from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.evaluate import Evaluator
from daglet.resolve.table import serves


@serves("File", "name")
def _file_name(_: Evaluator, file: ops.File) -> str:
    return file.name


@serves("File", "withName")
def _with_name(_: Evaluator, file: ops.File, *, name: str) -> ops.File:
    if "/" in name or name in {"", ".", ".."}:
        msg = f"{name!r} is no name of a file"
        raise InvalidOperation(msg)
    edit = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile(ops.absolute(name), file))
    return ops.FileIn(name, edit, ops.absolute(name))


@serves("File", "withTimestamps")
def _file_with_timestamps(_: Evaluator, file: ops.File, *, timestamp: int) -> ops.File:
    path = f"/{file.name}"
    copy = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile(path, file))
    return ops.FileIn(file.name, ops.DirectoryEdit(copy, ops.SetTimestamps(timestamp)), path)


@serves("File", "contents")
async def _contents(evaluator: Evaluator, file: ops.File, *, offset_lines: int = 0, limit_lines: int | None = None) -> str:
    text = (await evaluator.read(file)).decode(errors="replace")
    if not offset_lines and limit_lines is None:
        return text
    lines = text.splitlines(keepends=True)[offset_lines:]
    return "".join(lines[:limit_lines])


@serves("File", "size")
async def _size(evaluator: Evaluator, file: ops.File) -> int:
    return len(await evaluator.read(file))


@serves("File", "export")
async def _export_file(evaluator: Evaluator, file: ops.File, *, path: str, allow_parent_dir_path: bool = False) -> str:
    target = Path(path).resolve()
    if allow_parent_dir_path and target.is_dir():
        target /= file.name
    if isinstance(file, ops.Archive):
        await evaluator.export_archive(file.variants, target)
    else:
        await evaluator.export_file(file, target)
    return str(target)
