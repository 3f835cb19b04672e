"""Finished images on disk: their digest and sizes, read from the OCI image archive."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BYTES_PER_MB = 1_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image's digest (of its index, where it has several platforms) and sizes in bytes, of the largest platform."""

    digest: str
    compressed: int
    uncompressed: int

    @property
    def compressed_mb(self) -> float:
        """The size that travels, in MB."""
        return round(self.compressed / _BYTES_PER_MB, 2)

    @property
    def uncompressed_mb(self) -> float:
        """The size on disk after unpacking, in MB."""
        return round(self.uncompressed / _BYTES_PER_MB, 2)


def measure(archive: Path, known: Path) -> ImageFacts:
    """Return an archive's digest and sizes.

    Parameters
    ----------
    known:
        A folder of the user's where the unpacked size of a layer is remembered under its digest: unpacking costs more
        than everything else here.
    """
    with tarfile.open(archive) as tar:
        top = _json(tar, "index.json")["manifests"][0]
        sizes = [_sizes(tar, manifest, known) for manifest in _manifests(tar, str(top["digest"]))]
    compressed, uncompressed = max(sizes)
    return ImageFacts(str(top["digest"]), compressed, uncompressed)


def _manifests(tar: tarfile.TarFile, digest: str) -> Iterator[dict[str, Any]]:
    document = _json(tar, _blob(digest))
    if "manifests" not in document:
        yield document
    for child in document.get("manifests", ()):
        yield from _manifests(tar, str(child["digest"]))


def _sizes(tar: tarfile.TarFile, manifest: dict[str, Any], known: Path) -> tuple[int, int]:
    layers = manifest["layers"]
    compressed = int(manifest["config"]["size"]) + sum(int(layer["size"]) for layer in layers)
    return compressed, sum(_unpacked(tar, layer, known) for layer in layers)


def _unpacked(tar: tarfile.TarFile, layer: dict[str, Any], known: Path) -> int:
    if not str(layer["mediaType"]).endswith("gzip"):
        return int(layer["size"])
    note = known / str(layer["digest"]).replace(":", "-")
    try:
        return int(note.read_text())
    except (OSError, ValueError):
        pass
    size = 0
    with gzip.open(tar.extractfile(_blob(layer["digest"])) or "") as content:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
    known.mkdir(parents=True, exist_ok=True)
    note.write_text(str(size))
    return size


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _json(tar: tarfile.TarFile, name: str) -> dict[str, Any]:
    file = tar.extractfile(name)
    found = json.load(file) if file else {}
    return found if isinstance(found, dict) else {}
