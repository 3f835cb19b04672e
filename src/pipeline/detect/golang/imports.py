"""The programs that main packages are made of: their own files, and those of the packages that they import within a module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from pipeline.detect.programs import Program


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


def _package(file: Program, path: str) -> str:
    return PurePosixPath(file.name).relative_to(path).parent.as_posix()


def _imported(files: Sequence[Program], module: str) -> Iterator[str]:
    """Yield the packages of a module that files import, relative to its folder."""
    named = re.compile(rb'"%s(?:/([^"\n]*))?"' % re.escape(module.encode()))
    for file in files:
        for found in named.finditer(file.content):
            yield PurePosixPath((found[1] or b".").decode("utf-8", errors="replace")).as_posix()
