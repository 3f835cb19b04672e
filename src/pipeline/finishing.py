"""What is done to an image archive once the engine has written it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.folders import cache_folder
from pipeline.settle import settle

if TYPE_CHECKING:
    from pipeline.engine import Engine
    from pipeline.project import Project


def finishing(project: Project, running: Engine) -> Callable[[Path], None]:
    """Return what is done to an archive once it is written: one that a Dagger Engine wrote says when."""

    def settled(archive: Path) -> None:
        if running.name == "dagger":
            settle(archive, project.bases.known.archives)

    if project.config.compression == "gzip":
        return settled
    from pipeline.compression import compress  # noqa: PLC0415 - a library that others need not load

    def finish(archive: Path) -> None:
        settled(archive)
        compress(archive, cache_folder() / "zstd")

    return finish
