"""What instructions that take files from elsewhere ask for: where the files stand."""

from __future__ import annotations

from typing import Protocol

from daglet import operations as ops
from daglet.dockerfile.stage import Place


class Places(Protocol):
    """Finds trees and files in stages and build contexts, and makes the stages that they need."""

    def directory(self, node: ops.Directory) -> Place:
        """Return where a directory's content stands."""

    def file(self, node: ops.File) -> Place:
        """Return where a file stands."""

    def empty(self) -> Place:
        """Return a folder with nothing in it."""
