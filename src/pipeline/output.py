"""What becomes of finished images: archives on this machine, or nothing but their measures, which the engine takes itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import anyio.to_thread
import dagger

from pipeline.images import ImageFacts, measure

# What measuring takes of an archive: its documents, and of each compressed layer how large it is unpacked.
_SCRIPT = """\
mkdir -p /image /facts/layers
tar -xf /image.tar -C /image
cd /image
for blob in blobs/sha256/*; do
  [ "$(head -c 1 "$blob")" != "{" ] || continue
  magic=$(head -c 2 "$blob" | od -An -tx1 | tr -d " ")
  [ "$magic" != 1f8b ] || gzip -dc "$blob" | wc -c >"/facts/layers/sha256-${blob##*/}"
  rm "$blob"
done
tar -cf /facts/documents.tar index.json blobs
"""


class Output(Protocol):
    """What becomes of finished images."""

    async def take(self, service: str, images: Sequence[dagger.Container]) -> ImageFacts:
        """Take a service's image, one for each of its platforms, and return its digest and sizes."""


@dataclass(frozen=True, slots=True)
class Archives:
    """An image archive for each service, `images/SERVICE.tar` in a folder on this machine.

    Parameters
    ----------
    known:
        A folder of the user's where what was found out about layers is remembered.
    finish:
        What is done to each archive once it is written.
    """

    folder: Path
    known: Path
    finish: Callable[[Path], None] = lambda _: None

    async def take(self, service: str, images: Sequence[dagger.Container]) -> ImageFacts:
        """Write a service's archive and measure it."""
        name = f"images/{service}.tar"
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        first, *others = images
        await first.export(str(target), platform_variants=others or None)
        await anyio.to_thread.run_sync(self.finish, target)
        return replace(await anyio.to_thread.run_sync(measure, target, self.known), archive=name)


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of images that stay in the engine: of one that it has measured before, nothing is read again.

    Parameters
    ----------
    tools:
        A container with a shell, tar and gzip.
    """

    tools: dagger.Container

    async def take(self, service: str, images: Sequence[dagger.Container]) -> ImageFacts:  # noqa: ARG002 - measures lie nowhere
        """Measure an image where it is."""
        first, *others = images
        archive = first.as_tarball(platform_variants=others or None)
        measured = self.tools.with_user("0:0").with_mounted_file("/image.tar", archive).with_exec(["sh", "-ec", _SCRIPT])
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            await measured.directory("/facts").export(folder)
            return await anyio.to_thread.run_sync(measure, Path(folder, "documents.tar"), Path(folder, "layers"))
