"""The programs that main packages are made of: their own files, and those of the packages that they import within a module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from pipeline.detect.found import Found
from pipeline.detect.golang.modules import Module
from pipeline.detect.programs import Program
from pipeline.detect.syntax import line, text, walk

_MAIN = re.compile(rb"^package main\b", re.MULTILINE)
_PLAIN = re.compile(r"(?!.*\.\.)[\w.~/-]+", re.ASCII)
"""Packages that can be there; Go takes no others."""


def reached(
    files: Sequence[Program], path: str, module: str, mains: Sequence[str], beside: Sequence[Program] = ()
) -> tuple[Program, ...]:
    """Return those of a module's programs that its main packages are made of, in their own order.

    Parameters
    ----------
    path:
        The module's folder, relative to the repository as the programs' names are.
    beside:
        The programs of other modules that may import packages of this one.
    """
    packages: dict[str, list[Program]] = {}
    for file in files:
        packages.setdefault(_package(file, path), []).append(file)
    chosen: set[str] = set()
    pending = [*(PurePosixPath(main).as_posix() for main in mains), *_imported(beside, module)]
    while pending:
        package = pending.pop()
        if package not in chosen:
            chosen.add(package)
            pending += _imported(packages.get(package, ()), module)
    return tuple(file for file in files if _package(file, path) in chosen)


def others(files: Sequence[Program], path: str, mains: Sequence[str]) -> tuple[str, ...]:
    """Return the folders of a module's other main packages, relative to its own: no package can import them."""
    own = {PurePosixPath(main).as_posix() for main in mains}
    # A file that Go leaves out for an older kind of constraint may say `main` in any package.
    none = {_package(file, path) for file in files if not _MAIN.search(file.content)}
    return tuple(package for package in dict.fromkeys(_package(file, path) for file in files) if package not in own | none)


def unmade(files: Sequence[Program], folder: Path, module: Module) -> Found[tuple[str, ...]] | None:
    """Return the package of the module that a program imports and that is not there: what makes it has to run before the build."""
    required = tuple(f"{path}/" for path, _ in module.requires)
    there: dict[str, bool] = {}

    def is_missing(own: str) -> bool:
        if own not in there:
            counts = bool(_PLAIN.fullmatch(own)) and not f"{module.path}/{own}/".startswith(required)
            there[own] = not counts or any((folder / own).glob("*.go"))
        return not there[own]

    for file in files:
        # Reading a file as Go takes a hundred times as long as looking for names in it.
        missing = set(filter(is_missing, _imported([file], module.path)))
        root = file.tree() if missing else None
        for spec in walk(root, "import_spec") if root else ():
            own = text(spec.child_by_field_name("path")).strip('"`').removeprefix(f"{module.path}/")
            if own in missing:
                why = f"{own} is imported and not there: name what makes it, or have it made beforehand"
                return Found("build.before", (), file.name, line(spec), why)
    return None


def _package(file: Program, path: str) -> str:
    return PurePosixPath(file.name).relative_to(path).parent.as_posix()


def _imported(files: Sequence[Program], module: str) -> Iterator[str]:
    """Yield the packages of a module that files import, relative to its folder."""
    named = re.compile(rb'"%s(?:/([^"\n]*))?"' % re.escape(module.encode()))
    for file in files:
        for found in named.finditer(file.content):
            yield PurePosixPath((found[1] or b".").decode("utf-8", errors="replace")).as_posix()
