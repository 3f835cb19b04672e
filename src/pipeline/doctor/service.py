"""A service as doctor sees it: its folder, its configuration, and what was understood of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

from pipeline.config import Service
from pipeline.detect import GoService, NodeService
from pipeline.detect.programs import GO_FILES, NODE_FILES, PRUNED, Program, programs
from pipeline.detect.syntax import Document, document
from pipeline.doctor.linked import Package


@dataclass(frozen=True)
class ServiceFolder:
    """A service.

    Parameters
    ----------
    root:
        The repository.
    kind:
        What it is written in.
    detected:
        What was understood of it, None where something has to be decided first.
    packages:
        What a Go program is linked from, none where that is not told.
    """

    root: Path
    name: str
    settings: Service
    kind: str
    detected: NodeService | GoService | None
    packages: tuple[Package, ...] = ()

    @property
    def folder(self) -> Path:
        """Return the service's folder."""
        return self.root / self.settings.path

    def shown(self, name: str) -> str:
        """Return a file of the service's, relative to the repository."""
        return (Path(self.settings.path) / name).as_posix()

    @cached_property
    def manifest(self) -> Document:
        """Return its package.json."""
        return document(self.folder / "package.json")

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """Return the files of its program, tests left out."""
        return programs(self.folder, self.settings.path, NODE_FILES if self.kind == "node" else GO_FILES)

    def taken(self) -> Iterator[str]:
        """Yield the files that a build takes, relative to the service's folder."""
        sources = self.detected.sources if self.detected else None
        excluded = PatternMatcher(list(sources.exclude) if sources else [])
        included = PatternMatcher(list(sources.include)) if sources and sources.include else None
        for where, folders, files in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name not in PRUNED and name != ".git")
            for name in sorted(files):
                path = Path(where, name).relative_to(self.folder).as_posix()
                seen = self.detected.place.within(path) if self.detected else path
                if not excluded.matches(seen) and (included is None or included.matches(seen)):
                    yield path
