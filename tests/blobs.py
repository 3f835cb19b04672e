"""Blobs of images, whatever they are compressed by: read by no code of ours, since that is what made them."""

from __future__ import annotations

import gzip

import zstandard

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def unpacked(blob: bytes) -> bytes:
    """Return what is in a blob, which is the blob itself if it is not compressed."""
    if blob.startswith(_GZIP):
        return gzip.decompress(blob)
    if blob.startswith(_ZSTD):
        return zstandard.ZstdDecompressor().stream_reader(blob, read_across_frames=True).read()
    return blob
