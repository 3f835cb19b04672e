"""The build context of a Dockerfile: its folder, and what `.dockerignore` keeps out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

from pipeline.detect.sources import read
from pipeline.errors import UsageError


@dataclass(frozen=True)
class Context:
    """A build context.

    Parameters
    ----------
    root:
        The root of what is examined.
    folder:
        The context's folder, below the root.
    ignore_file:
        The file that says what stays out, None where there is none.
    """

    root: Path
    folder: Path
    ignore_file: Path | None

    @cached_property
    def _ignored(self) -> PatternMatcher:
        try:
            return PatternMatcher(list(read(self.ignore_file, self.root)) if self.ignore_file else [])
        except (UsageError, ValueError):
            return PatternMatcher([])

    def takes(self, path: str) -> bool:
        """Whether a path is part of the context, if it is there: `.dockerignore` does not keep it out."""
        return not self._ignored.matches(path)

    def has(self, path: str) -> bool:
        """Whether a file or folder is there, in the context or kept out of it."""
        return (self.folder / path).exists()

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""
        return (self.folder / path).is_dir()

    def shown(self, path: str) -> str:
        """Return a path of the context, relative to the root of what is examined."""
        return (self.folder / path).relative_to(self.root).as_posix()

    @property
    def ignore_name(self) -> str:
        """Return the name of the ignore file, of the one to make where there is none."""
        return self.ignore_file.relative_to(self.root).as_posix() if self.ignore_file else self.shown(".dockerignore")


def context_of(root: Path, dockerfile: Path, sources: Sequence[str]) -> Context:
    """Return the context that a Dockerfile is built with: the nearest folder that has all the files which it copies.

    Where no folder has them it is the Dockerfile's own.
    """
    folder = dockerfile.parent
    plain = [source for source in sources if not set(source) & set("*?[$") and "://" not in source]
    candidates = [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]
    best = max(candidates, key=lambda item: sum((item / source.lstrip("/")).exists() for source in plain))
    named = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    ignore = next((path for path in (named, best / ".dockerignore") if path.is_file()), None)
    return Context(root, best, ignore)
