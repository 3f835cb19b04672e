"""Finished images on disk: their digest, sizes and content, read from the OCI image archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive import Archive, opened

_BYTES_PER_MB = 1_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image's digest (of its index, where it has several platforms) and sizes in bytes, of the largest platform.

    Parameters
    ----------
    archive:
        Its archive, relative to the folder that output goes to, "" where none was written.
    """

    digest: str
    compressed: int
    uncompressed: int
    archive: str = ""

    @property
    def compressed_mb(self) -> float:
        """The size that travels, in MB."""
        return round(self.compressed / _BYTES_PER_MB, 2)

    @property
    def uncompressed_mb(self) -> float:
        """The size on disk after unpacking, in MB."""
        return round(self.uncompressed / _BYTES_PER_MB, 2)


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file of a layer: its path in the image, and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class LayerContent:
    """A layer: its size in bytes as it travels, how many files are in it and their size, and the largest of them."""

    digest: str
    compressed: int
    uncompressed: int = 0
    files: int = 0
    largest: tuple[LayerFile, ...] = ()


def content(archive: Path, most: int, known: dict[str, LayerContent]) -> tuple[LayerContent, ...]:
    """Return the layers of an image, the lowest first; of one for several platforms, those of the first.

    Parameters
    ----------
    most:
        How many of the largest files are named for each layer.
    known:
        Layers by digest that were looked through before, to which those of this image are added: images share them.

    Raises
    ------
    OSError, tarfile.TarError, KeyError, ValueError
        If the file is no image archive.
    """
    with opened(archive) as image:
        _, manifest = next(image.manifests())
        layers: list[dict[str, Any]] = manifest["layers"]
        for layer in layers:
            digest = str(layer["digest"])
            if digest not in known:
                known[digest] = _content(image, layer, most)
        return tuple(known[str(layer["digest"])] for layer in layers)


def _content(image: Archive, layer: dict[str, Any], most: int) -> LayerContent:
    digest, compressed = str(layer["digest"]), int(layer["size"])
    entries = (item for item, _ in image.files(layer) if item.isreg())
    found = [LayerFile("/" + item.name.removeprefix("./").lstrip("/"), item.size) for item in entries]
    found.sort(key=lambda file: file.size, reverse=True)
    return LayerContent(digest, compressed, sum(file.size for file in found), len(found), tuple(found[:most]))


def measure(archive: Path, known: Path) -> ImageFacts:
    """Return an archive's digest and sizes.

    Parameters
    ----------
    known:
        A folder of the user's where the unpacked size of a layer is remembered under its digest: unpacking costs more
        than everything else here.
    """
    with opened(archive) as image:
        compressed, uncompressed = max(_sizes(image, manifest, known) for _, manifest in image.manifests())
        return ImageFacts(image.digest, compressed, uncompressed)


def _sizes(image: Archive, manifest: dict[str, Any], known: Path) -> tuple[int, int]:
    layers = manifest["layers"]
    compressed = int(manifest["config"]["size"]) + sum(int(layer["size"]) for layer in layers)
    return compressed, sum(_unpacked(image, layer, known) for layer in layers)


def _unpacked(image: Archive, layer: dict[str, Any], known: Path) -> int:
    note = known / str(layer["digest"]).replace(":", "-")
    try:
        return int(note.read_text())
    except (OSError, ValueError):
        pass
    size = 0
    with image.unpacked(layer) as content:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
    known.mkdir(parents=True, exist_ok=True)
    note.write_text(str(size))
    return size
