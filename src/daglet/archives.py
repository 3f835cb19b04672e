"""OCI image archives and layouts on the host's disk: base images go in, finished images come out.

Source: the OCI image layout specification, version 1.0.0.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daglet.delivery import replacing
from daglet.errors import InvalidOperation
from daglet.store import mark_used

_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"

_LAYOUT_MEMBER = re.compile(r"oci-layout|index\.json|blobs/[a-z0-9]+/[0-9a-f]+")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 1 << 18

_LAYOUT_FILE = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI image layout on disk, and the digest of the manifest or index that is meant."""

    path: Path
    digest: str


def blob(layout: Path, digest: str) -> Path:
    """Return the path of a blob in a layout."""
    algorithm, _, name = digest.partition(":")
    return layout / "blobs" / algorithm / name


def load(layout: Path, digest: str) -> Any:
    """Return the content of a JSON blob: a manifest, an index or a configuration."""
    return json.loads(blob(layout, digest).read_bytes())


def unpack(archive: Path, store: Path, tag: str = "") -> Layout:
    """Unpack an OCI image archive into the store, unless it is there, and return its layout.

    The archive's index tells whether it is there, and stands at its beginning where we wrote it: an archive of any size
    costs a few milliseconds.

    Parameters
    ----------
    tag:
        Which image of several is meant, "" for the first.

    Raises
    ------
    InvalidOperation
        If the file is missing or no OCI image archive, or has no image of that tag.
    """
    try:
        with tarfile.open(archive) as tar:
            digest = _image_digest(tar, tag)
            target = store / digest.replace(":", "-")
            if target.is_dir():
                mark_used(target)
                return Layout(target, digest)
            store.mkdir(parents=True, exist_ok=True)
            copy = Path(tempfile.mkdtemp(prefix=".new-", dir=store))
            try:
                _take_out(tar, copy)
                copy.rename(target)
            except OSError:
                if not target.is_dir():
                    raise
            finally:
                shutil.rmtree(copy, ignore_errors=True)
            return Layout(target, digest)
    except (OSError, EOFError, LookupError, ValueError, zlib.error, tarfile.TarError) as error:
        msg = f"{archive} is no OCI image archive: {error}"
        raise InvalidOperation(msg) from error


def _image_digest(tar: tarfile.TarFile, tag: str) -> str:
    """Return the digest of the image that an archive is of: the first that its index names, or the first of a tag."""
    file = tar.extractfile("index.json")
    index = json.load(file) if file else None
    images = index.get("manifests") if isinstance(index, dict) else None
    named = [image for image in images if not tag or _tag(image) == tag] if isinstance(images, list) else []
    match named:
        case [{"digest": str(digest)}, *_] if _DIGEST.fullmatch(digest):
            return digest
    msg = f"its index has no image of the tag {tag!r}" if tag else "its index names no image by a digest"
    raise ValueError(msg)


def _tag(image: object) -> object:
    match image:
        case {"annotations": {"org.opencontainers.image.ref.name": tag}}:
            return tag
    return ""


def _take_out(tar: tarfile.TarFile, target: Path) -> None:
    """Take the files of a layout out of an archive, and nothing else that may be in it."""
    for info in tar:
        if info.isreg() and _LAYOUT_MEMBER.fullmatch(info.name) and (file := tar.extractfile(info)):
            place = target / info.name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as out:
                shutil.copyfileobj(file, out, _CHUNK)


def pack(layouts: Iterable[Layout], target: Path) -> str:
    """Write images into one OCI image archive, several as the platforms of one index, and return its digest.

    The archive is complete before it takes the target's name. Its bytes depend on nothing but the images.
    """
    images = list(layouts)
    top, extra = _top(images)
    index = _index(top)
    with replacing(target) as copy:
        with tarfile.open(copy, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, "oci-layout", _LAYOUT_FILE)
            _add(tar, "index.json", index)
            blobs = {digest: image.path for image in images for digest in references(image)}
            for digest, body in sorted(extra.items()):
                _add(tar, f"blobs/{digest.replace(':', '/')}", body)
            for digest, layout in sorted(blobs.items()):
                _add_file(tar, f"blobs/{digest.replace(':', '/')}", blob(layout, digest))
        copy.chmod(0o644)
    return str(top["digest"])


def joined(images: Sequence[Layout], folder: Path) -> Layout:
    """Make a layout of images, several as the platforms of one index, in an empty folder. The blobs are links to theirs."""
    top, extra = _top(images)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for digest, body in extra.items():
        blob(folder, digest).write_bytes(body)
    for image in images:
        for digest in references(image):
            if not blob(folder, digest).exists():
                blob(folder, digest).symlink_to(blob(image.path, digest).resolve())
    (folder / "oci-layout").write_bytes(_LAYOUT_FILE)
    (folder / "index.json").write_bytes(_index(top))
    return Layout(folder, str(top["digest"]))


def _top(images: Sequence[Layout]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the descriptor of one image, or of an index of several, and the blobs that the index takes."""
    if len(images) == 1:
        return _descriptor(images[0]), {}
    entries = [_descriptor(image) | {"platform": _platform(image)} for image in images]
    body = _json({"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": entries})
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return {"mediaType": _INDEX_TYPE, "digest": digest, "size": len(body)}, {digest: body}


def _index(top: dict[str, Any]) -> bytes:
    return _json({"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": [top]})


def references(image: Layout) -> Iterator[str]:
    """Yield the digests of all blobs that an image consists of, its manifest first."""
    yield image.digest
    document = load(image.path, image.digest)
    for child in document.get("manifests", ()):
        yield from references(Layout(image.path, child["digest"]))
    if "config" in document:
        yield document["config"]["digest"]
        yield from (layer["digest"] for layer in document["layers"] or ())


def lay_in(image: Layout, target: Path) -> None:
    """Put the layers of an image into another layout, as links where the file system has them."""
    for layer in load(image.path, image.digest)["layers"]:
        source, place = blob(image.path, layer["digest"]), blob(target, layer["digest"])
        if not place.exists():
            try:
                place.hardlink_to(source)
            except OSError:
                shutil.copyfile(source, place)


def sweep(image: Layout) -> None:
    """Remove the blobs of a layout that the image does not consist of: those of another time."""
    wanted = {digest.partition(":")[2] for digest in references(image)}
    for path in (image.path / "blobs" / "sha256").iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _descriptor(image: Layout) -> dict[str, Any]:
    path = blob(image.path, image.digest)
    return {
        "mediaType": load(image.path, image.digest).get("mediaType", "application/vnd.oci.image.manifest.v1+json"),
        "digest": image.digest,
        "size": path.stat().st_size,
    }


def _platform(image: Layout) -> dict[str, str]:
    config = load(image.path, load(image.path, image.digest)["config"]["digest"])
    return {key: config[key] for key in ("architecture", "os", "variant") if config.get(key)}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _add(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(body)
    tar.addfile(info, io.BytesIO(body))


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    with path.open("rb") as file:
        tar.addfile(info, file)
