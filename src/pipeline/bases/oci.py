"""Layers and OCI image archives, byte for byte the same from the same files.

Source: the OCI image specification, version 1.1.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from pipeline.archive import blob_name, opened

EPOCH = "1970-01-01T00:00:00Z"
"""When every image says that it was made."""

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
"""The labels of an image that say what it starts from."""

_MEDIA = "application/vnd.oci.image."

Compression = Literal["gzip", "zstd"]


@dataclass(frozen=True, slots=True)
class Layer:
    """A compressed layer on disk. `diff_id` is the digest of the tar inside."""

    path: Path
    digest: str
    diff_id: str
    size: int
    compression: Compression = "gzip"


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self._target = target
        self._hash = hashlib.sha256()
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._hash.update(data)
        self._position += len(data)
        return self._target.write(data)

    def tell(self) -> int:
        return self._position

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


class Tree:
    """Entries of a layer, in the order in which they are added; times, user names and extended attributes are left out."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._seen: set[str] = set()

    def folder(self, path: str, *, mode: int = 0o755, owner: int = 0) -> None:
        """Add a folder, and those above it that are not there."""
        if path in self._seen:
            return
        self.parents(path)
        self._add(path, tarfile.DIRTYPE, mode, owner)

    def file(self, path: str, content: bytes | IO[bytes], size: int | None = None, *, mode: int = 0o644) -> None:
        """Add a file."""
        if path in self._seen:
            return
        self.parents(path)
        body = io.BytesIO(content) if isinstance(content, bytes) else content
        self._add(path, tarfile.REGTYPE, mode, 0, size=len(content) if isinstance(content, bytes) else size or 0, body=body)

    def link(self, path: str, target: str, *, hard: bool = False) -> None:
        """Add a symbolic or hard link."""
        if path in self._seen:
            return
        self.parents(path)
        self._add(path, tarfile.LNKTYPE if hard else tarfile.SYMTYPE, 0o777, 0, target=target)

    def parents(self, path: str) -> None:
        """Add the folders above a path that are not there."""
        parts = path.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            parent = "/".join(parts[:end])
            if parent not in self._seen:
                self._add(parent, tarfile.DIRTYPE, 0o755, 0)

    def _add(
        self, path: str, kind: bytes, mode: int, owner: int, *, size: int = 0, target: str = "", body: IO[bytes] | None = None
    ) -> None:
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.uid, info.gid = kind, mode, owner, owner
        info.size, info.linkname, info.mtime = size, target, 0
        self._tar.addfile(info, body)
        self._seen.add(path)


def make_layer(path: Path, level: int, fill: Callable[[Tree], None], compression: Compression = "gzip") -> Layer:
    """Write a layer to `path` and describe it. A layer that is there already is not made again.

    Parameters
    ----------
    level:
        How hard it is compressed: 1 to 9 by gzip, 1 to 22 by zstd.
    """
    note = path.with_suffix(".json")
    if path.exists() and note.exists():
        known = json.loads(note.read_text())
        return Layer(path, known["digest"], known["diff_id"], known["size"], compression)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        outer = _Hashing(file)
        with _packing(outer, level, compression) as packed:
            inner = _Hashing(packed)
            with tarfile.open(fileobj=inner, mode="w", format=tarfile.GNU_FORMAT) as tar:
                fill(Tree(tar))
    layer = Layer(path, outer.digest, inner.digest, path.stat().st_size, compression)
    with replacing(note) as file:
        file.write(json.dumps({"digest": layer.digest, "diff_id": layer.diff_id, "size": layer.size}).encode())
    return layer


def _packing(target: io.RawIOBase, level: int, compression: Compression) -> IO[bytes]:
    if compression == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(filename="", fileobj=target, mode="wb", compresslevel=level, mtime=0))
    import zstandard  # noqa: PLC0415 - for who assembles a base, which is seldom, and not at every start

    return cast("IO[bytes]", zstandard.ZstdCompressor(level=level).stream_writer(cast("IO[bytes]", target), closefd=False))


def write_archive(path: Path, platform: str, layers: Sequence[Layer], config: dict[str, Any]) -> str:
    """Write an image as an OCI image archive, its index first, and return its manifest's digest."""
    system, _, architecture = platform.partition("/")
    body = json_bytes(
        {
            "architecture": architecture,
            "os": system,
            "created": EPOCH,
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": [{"created": EPOCH, "created_by": layer.path.name.partition(".tar")[0]} for layer in layers],
        }
    )
    manifest = json_bytes(
        {
            "schemaVersion": 2,
            "mediaType": f"{_MEDIA}manifest.v1+json",
            "config": descriptor("config.v1+json", body),
            "layers": [
                {"mediaType": f"{_MEDIA}layer.v1.tar+{layer.compression}", "digest": layer.digest, "size": layer.size}
                for layer in layers
            ],
        }
    )
    top = descriptor("manifest.v1+json", manifest)
    index = json_bytes({"schemaVersion": 2, "mediaType": f"{_MEDIA}index.v1+json", "manifests": [top]})
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file, tarfile.open(fileobj=file, mode="w") as tar:
        add_member(tar, "oci-layout", json_bytes({"imageLayoutVersion": "1.0.0"}))
        add_member(tar, "index.json", index)
        add_member(tar, blob_name(top["digest"]), manifest)
        add_member(tar, blob_name(digest_of(body)), body)
        for layer in layers:
            info = tarfile.TarInfo(blob_name(layer.digest))
            info.size = layer.size
            with layer.path.open("rb") as content:
                tar.addfile(info, content)
    return str(top["digest"])


def manifest_digest(path: Path) -> str:
    """Return the digest of the image in an archive that `write_archive` made."""
    with opened(path) as image:
        return image.digest


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of another once it is complete."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).chmod(0o644)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def descriptor(kind: str, body: bytes) -> dict[str, Any]:
    """Return how a document refers to a blob of a kind, such as "manifest.v1+json"."""
    return {"mediaType": _MEDIA + kind, "digest": digest_of(body), "size": len(body)}


def digest_of(body: bytes) -> str:
    """Return a blob's digest."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def json_bytes(value: Any) -> bytes:
    """Return a document as JSON that is the same each time."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def add_member(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    """Add a file to an archive."""
    info = tarfile.TarInfo(name)
    info.size = len(body)
    tar.addfile(info, io.BytesIO(body))
