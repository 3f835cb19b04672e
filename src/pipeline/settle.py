"""Image archives that tell nothing of when and by what they were made, so that equal images have equal digests.

A Dagger Engine writes the present time and its own operations into an image's history, and packs the layers of an imported
base anew. It names the layer that was imported, which lies in the base's archive and takes its place again. Once it was started
again, it knows no more than that there was a layer: then the files in it tell, beside the label that names the base.

Source: the OCI image specification, version 1.1.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, cast

from pipeline.archive import blob_name, opened
from pipeline.bases.oci import BASE_DIGEST, EPOCH, add_member, descriptor, digest_of, json_bytes, replacing

_IMPORTED = "import image layer "
_LAYER_KEYS = ("mediaType", "digest", "size")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in an archive: how a manifest refers to it, the digest of the tar inside, and what an image's history says of it.

    Parameters
    ----------
    file:
        Where it lies by itself, if it is in no archive.
    """

    archive: Path
    descriptor: Mapping[str, Any]
    diff_id: str
    history: Mapping[str, Any]
    file: Path | None = None

    @property
    def name(self) -> str:
        """Where it is in its archive."""
        return blob_name(self.descriptor["digest"])

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Yield it as it is stored."""
        if self.file:
            with self.file.open("rb") as stored:
                yield stored
        else:
            with opened(self.archive) as archive, archive.blob(self.descriptor["digest"]) as stored:
                yield stored


@dataclass(frozen=True, slots=True)
class Image:
    """An image of one platform."""

    config: Mapping[str, Any]
    layers: tuple[Layer, ...]

    @property
    def config_body(self) -> bytes:
        """Its configuration as a document."""
        return json_bytes(self.config)

    @property
    def manifest_body(self) -> bytes:
        """Its manifest as a document."""
        return json_bytes(
            {
                "schemaVersion": 2,
                "mediaType": descriptor("manifest.v1+json", b"")["mediaType"],
                "config": descriptor("config.v1+json", self.config_body),
                "layers": [layer.descriptor for layer in self.layers],
            }
        )

    @property
    def platform(self) -> Mapping[str, str]:
        """Its platform, as an index has it."""
        return {key: self.config[key] for key in ("architecture", "os", "variant") if self.config.get(key)}


def settle(archive: Path, bases: Iterable[Path]) -> None:
    """Rewrite an image archive that a Dagger Engine wrote.

    Parameters
    ----------
    bases:
        The archives that images may have been imported from.
    """
    known = {digest: image for base in bases for digest, image in _by_digest(base)}
    write(archive, [_settled(image, known) for image in images(archive)])


def images(archive: Path) -> Iterator[Image]:
    """Yield the image in an archive, for each of its platforms."""
    return (image for _, image in _by_digest(archive))


def _by_digest(archive: Path) -> Iterator[tuple[str, Image]]:
    with opened(archive) as image:
        for digest, manifest in image.manifests():
            yield digest, _image(archive, manifest["layers"], image.document(manifest["config"]["digest"]))


def _image(archive: Path, layers: list[Mapping[str, Any]], config: Mapping[str, Any]) -> Image:
    history = [entry for entry in config.get("history", ()) if not entry.get("empty_layer")]
    told = history if len(history) == len(layers) else [{}] * len(layers)
    known = [{key: layer[key] for key in _LAYER_KEYS} for layer in layers]
    return Image(
        config,
        tuple(Layer(archive, *found) for found in zip(known, config["rootfs"]["diff_ids"], told, strict=True)),
    )


def _settled(image: Image, bases: Mapping[str, Image]) -> Image:
    layers = tuple(_originals(image, bases))
    config = {
        **image.config,
        "created": EPOCH,
        "config": {key: value for key, value in image.config.get("config", {}).items() if value},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [layer.history for layer in layers],
    }
    return Image(config, layers)


def _originals(image: Image, bases: Mapping[str, Image]) -> Iterator[Layer]:
    """Yield an image's layers; in the place of one that was imported, that of the base."""
    imported = {f"{_IMPORTED}{layer.descriptor['digest']}": layer for base in bases.values() for layer in base.layers}
    labels = image.config.get("config", {}).get("Labels") or {}
    below = bases[labels[BASE_DIGEST]].layers if labels.get(BASE_DIGEST) in bases else ()
    for layer, original in zip_longest(image.layers, below[: len(image.layers)]):
        told = str(layer.history.get("created_by", ""))
        if told in imported:
            yield imported[told]
        elif original and _files(layer) == _files(original):
            yield original
        else:
            yield Layer(layer.archive, layer.descriptor, layer.diff_id, {"created": EPOCH})


def _files(layer: Layer) -> list[tuple[object, ...]]:
    """Return what is in a layer, however it is packed."""
    with opened(layer.archive) as archive:
        return sorted(_entry(info, content) for info, content in archive.files(layer.descriptor))


def _entry(info: tarfile.TarInfo, content: IO[bytes] | None) -> tuple[object, ...]:
    attributes = sorted((key, value) for key, value in info.pax_headers.items() if key.startswith("SCHILY.xattr."))
    digest = hashlib.file_digest(cast("io.BufferedReader", content), "sha256").hexdigest() if content else ""
    owner = (info.uid, info.gid)
    return info.name.strip("/"), info.type, info.mode, *owner, info.mtime, info.linkname, tuple(attributes), digest


def write(target: Path, images: list[Image]) -> None:
    """Write an image, for each of its platforms, as an archive whose bytes depend on nothing else."""
    tops = [descriptor("manifest.v1+json", image.manifest_body) for image in images]
    index = b""
    if len(images) > 1:
        index = _index([{**top, "platform": image.platform} for top, image in zip(tops, images, strict=True)])
        tops = [descriptor("index.v1+json", index)]
    documents = [body for image in images for body in (image.manifest_body, image.config_body)]
    blobs: dict[str, bytes | Layer] = {blob_name(digest_of(body)): body for body in documents}
    blobs |= {layer.name: layer for image in images for layer in image.layers}
    with replacing(target) as file, tarfile.open(fileobj=file, mode="w") as tar:
        add_member(tar, "oci-layout", json_bytes({"imageLayoutVersion": "1.0.0"}))
        add_member(tar, "index.json", _index(tops))
        if index:
            add_member(tar, blob_name(digest_of(index)), index)
        for name, content in sorted(blobs.items()):
            if isinstance(content, bytes):
                add_member(tar, name, content)
            else:
                _add_layer(tar, content)


def _add_layer(tar: tarfile.TarFile, layer: Layer) -> None:
    info = tarfile.TarInfo(layer.name)
    info.size = layer.descriptor["size"]
    with layer.opened() as stored:
        tar.addfile(info, stored)


def _index(manifests: list[dict[str, Any]]) -> bytes:
    media_type = descriptor("index.v1+json", b"")["mediaType"]
    return json_bytes({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests})
