"""What is done to an image archive once the engine has written it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.folders import cache_folder
from pipeline.settle import settle

if TYPE_CHECKING:
    from pipeline.engine import Engine
    from pipeline.project import Project


def finishing(project: Project, running: Engine) -> Callable[[Path], None]:
    """Return what is done to an archive once it is written: one that a Dagger Engine wrote says when.

    Raises
    ------
    UsageError
        If layers are to be compressed by what is not installed.
    """

    def settled(archive: Path) -> None:
        if running.name == "dagger":
            settle(archive, project.bases.known.archives)

    if project.config.compression == "gzip":
        return settled
    try:
        from pipeline.compression import compress  # noqa: PLC0415 - an extra, which others need not have
    except ImportError:
        msg = "compression = zstd needs another package"
        raise UsageError(msg, hint="install it with pip install 'pipeline[zstd]'") from None

    def finish(archive: Path) -> None:
        settled(archive)
        compress(archive, cache_folder() / "zstd")

    return finish
