"""Reading OCI image archives: an image's documents by their digests, and the files of its layers.

Source: the OCI image specification, version 1.1.
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""What files begin with that are compressed so."""


def blob_name(digest: str) -> str:
    """Return where a blob is in an archive."""
    return f"blobs/{digest.replace(':', '/')}"


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Yield an image archive.

    Raises
    ------
    OSError, tarfile.TarError, KeyError, ValueError
        Here or while it is read, if the file is no image archive.
    """
    with tarfile.open(path) as tar:
        yield Archive(tar)


class Archive:
    """An image archive that is open."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        with self._member("index.json") as file:
            self._tops: Sequence[Mapping[str, Any]] = json.load(file)["manifests"]

    @property
    def digest(self) -> str:
        """The digest of the image: of its index, where it has several platforms."""
        return str(self._tops[0]["digest"])

    def manifests(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the digest and the manifest of each platform's image."""
        pending = [str(top["digest"]) for top in self._tops]
        while pending:
            digest = pending.pop(0)
            document = self.document(digest)
            if "manifests" in document:
                pending += [str(child["digest"]) for child in document["manifests"]]
            else:
                yield digest, document

    def document(self, digest: str) -> dict[str, Any]:
        """Return a manifest, an index or an image's configuration."""
        with self.blob(digest) as file:
            found: dict[str, Any] = json.load(file)
        return found

    def blob(self, digest: str) -> IO[bytes]:
        """Open a blob as it is stored."""
        return self._member(blob_name(digest))

    def unpacked(self, layer: Mapping[str, Any]) -> IO[bytes]:
        """Open a layer as the tar that it is, whatever it is compressed by."""
        stored = self.blob(str(layer["digest"]))
        start = stored.read(len(_ZSTD))
        stored.seek(0)
        if start.startswith(_GZIP):
            return cast("IO[bytes]", gzip.open(stored))
        if start == _ZSTD:
            from pipeline.compression import reader  # noqa: PLC0415 - a library that images without it do not need

            return reader(stored)
        return stored

    def files(self, layer: Mapping[str, Any]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """Yield the entries of a layer; a regular file's with its content, which is to be read before the next one."""
        with self.unpacked(layer) as stored, tarfile.open(fileobj=stored, mode="r|") as files:
            for info in files:
                yield info, files.extractfile(info) if info.isreg() else None

    def _member(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(name)
        if file is None:
            msg = f"{name} is no file"
            raise KeyError(msg)
        return file
