"""The variables that the linker sets: those that it is told, and which of them it would pass over without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tree_sitter import Node

from pipeline.config import Service
from pipeline.detect.found import Found, configured, joined
from pipeline.detect.golang.modules import Module
from pipeline.detect.programs import Program
from pipeline.detect.syntax import line, placed, text

_KEY = "go.vars"
_VERSIONS = ("version", "commit", "date", "buildversion", "gitcommit", "builddate", "revision")


def variables(files: Sequence[Program], module: Module, mains: Sequence[str], settings: Service) -> Found[dict[str, str]]:
    """Return the variables that the linker sets, or where there is one that it could.

    Parameters
    ----------
    files:
        The programs that the service is made of.
    mains:
        Its main packages, relative to the service's folder, the service's own first.
    """
    folders = [_folder(settings.path, main) for main in mains]
    if not settings.go.vars:
        return _version(files, folders[0])
    found = configured(_KEY, dict(settings.go.vars))
    # What runs before the build may declare them.
    if settings.build.before:
        return found
    for name in settings.go.vars:
        package, _, variable = name.rpartition(".")
        known = _folder(settings.path, package.removeprefix(module.path).strip("/") or ".") if _is_own(package, module) else ""
        places = folders if package == "main" else [known] if known else []
        if known in folders:
            return Found(_KEY, found.value, why=f"{found.why}; the linker passes over {name}: it knows it as main.{variable}")
        declared = (
            text(item)
            for file in files
            if _package(file) in places
            for spec in _specs(file)
            for item in spec.children_by_field_name("name")
        )
        if places and variable not in declared:
            why = f"{found.why}; the linker passes over {name}: no package of the program declares it"
            return Found(_KEY, found.value, why=why)
    return found


def _version(files: Sequence[Program], folder: str) -> Found[dict[str, str]]:
    for file in files:
        for spec in _specs(file) if _package(file) == folder else ():
            variable = text(spec.child_by_field_name("name"))
            if variable.lower() in _VERSIONS:
                return Found(_KEY, {}, file.name, line(spec), f'`"main.{variable}" = "${{VERSION}}"` sets it')
    return Found(_KEY, {}, why="no variable of main's looks like a version")


def _is_own(package: str, module: Module) -> bool:
    """Whether a package is a module's, and not one of a module below it that it requires."""
    required = tuple(f"{path}/" for path, _ in module.requires)
    return f"{package}/".startswith(f"{module.path}/") and not f"{package}/".startswith(required)


def _folder(path: str, package: str) -> str:
    return PurePosixPath(joined(path, package)).as_posix()


def _package(file: Program) -> str:
    return PurePosixPath(file.name).parent.as_posix()


def _specs(file: Program) -> Iterator[Node]:
    """Yield the declarations of a package's variables. The linker knows none of a function's own."""
    root = file.tree() if b"var" in file.content else None
    for spec, above in placed(root, "var_spec") if root else ():
        if not above or all(node.type != "block" for node in above.nearest()):
            yield spec
