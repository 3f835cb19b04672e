"""The files of a service's own programs, for what tells of a service by their contents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from pipeline.detect.constraints import built
from pipeline.detect.syntax import LARGE, tree
from pipeline.files import plain

NODE_FILES = (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".tsx", ".jsx")
GO_FILES = (".go",)

PRUNED = {"node_modules", "vendor", "dist", "build", "coverage", "testdata", "test", "tests", "__tests__", "e2e", "docs"}
"""Folders that hold no program of a service's own."""

GO_PRUNED = {"vendor", "testdata", "node_modules"}
"""Those that hold no package of a module: any other may be imported, whatever it is called."""

_TESTS = re.compile(r"(_test\.go|\.(test|spec)\.[cm]?[jt]sx?|\.config\.[cm]?[jt]s|\.d\.ts)$")
_MOST = 3000


@dataclass(frozen=True, slots=True)
class Program:
    """One file of a service's own program. `name` is relative to the repository."""

    path: Path
    name: str
    content: bytes

    def tree(self) -> Node | None:
        """Return the file's syntax tree."""
        return tree(self.path)


def programs(folder: Path, shown: str, suffixes: Sequence[str], tags: Sequence[str] = ()) -> tuple[Program, ...]:
    """Return the files of the programs below a folder, no tests, in the order of their names.

    Parameters
    ----------
    tags:
        The build tags of Go that are set.
    """
    return tuple(_read(folder, shown, suffixes, tags))


def _read(folder: Path, shown: str, suffixes: Sequence[str], tags: Sequence[str]) -> Iterator[Program]:
    left = _MOST
    pruned, hidden = (GO_PRUNED, (".", "_")) if tuple(suffixes) == GO_FILES else (PRUNED, (".",))
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in pruned and not name.startswith(hidden))
        for name in sorted(files):
            if not name.endswith(tuple(suffixes)) or _TESTS.search(name):
                continue
            if not (left := left - 1):
                return
            path = Path(where, name)
            try:
                content = plain(path).read_bytes() if path.stat().st_size <= LARGE else b""
            except OSError:
                continue
            if not name.endswith(GO_FILES) or built(name, content, tags):
                yield Program(path, (Path(shown) / path.relative_to(folder)).as_posix(), content)


class Lazy:
    """The programs of a folder, read when they are first asked for: a configured value needs none."""

    def __init__(self, folder: Path, shown: str, suffixes: Sequence[str]) -> None:
        self._arguments = (folder, shown, suffixes)
        self._found: tuple[Program, ...] | None = None

    def __call__(self) -> tuple[Program, ...]:
        """Return the programs."""
        if self._found is None:
            self._found = programs(*self._arguments)
        return self._found
