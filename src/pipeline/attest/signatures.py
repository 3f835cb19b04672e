"""Signatures and signed statements as cosign keeps them: layers of an image whose tag is made of the signed image's digest."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import archive
from pipeline.attest.provenance import IN_TOTO, PREDICATE

if TYPE_CHECKING:
    from pipeline.attest.keys import Key

_SIGNATURE = "dev.cosignproject.cosign/signature"
_SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
_DSSE = "application/vnd.dsse.envelope.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Layer:
    """A signature, or a signed statement: its text and what is noted beside it."""

    media_type: str
    content: bytes
    annotations: dict[str, str] = field(default_factory=dict)


def signature(key: Key, repository: str, digest: str) -> Layer:
    """Return the signature of an image in a repository."""
    payload = json.dumps(
        {
            "critical": {
                "identity": {"docker-reference": repository},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        },
        separators=(",", ":"),
    ).encode()
    return Layer(_SIMPLE, payload, {_SIGNATURE: _text(key.sign(payload))})


def attestation(key: Key, statement: str) -> Layer:
    """Return a statement about an image, signed."""
    body = statement.encode()
    envelope = {
        "payloadType": IN_TOTO,
        "payload": _text(body),
        "signatures": [{"keyid": "", "sig": _text(key.sign(_encoded(body)))}],
    }
    return Layer(_DSSE, json.dumps(envelope).encode(), {_SIGNATURE: "", "predicateType": PREDICATE})


def added(key: Key, layer: Layer, existing: Sequence[Layer]) -> list[Layer]:
    """Return layers with one more, which takes the place of what the same key has said of the same before; others' stay."""
    return [*(item for item in existing if not _says_the_same(key, layer, item)), layer]


def _says_the_same(key: Key, layer: Layer, found: Layer) -> bool:
    if found.media_type != layer.media_type:
        return False
    if layer.media_type == _SIMPLE:
        return found.content == layer.content and key.signed(found.content, b64decode(found.annotations.get(_SIGNATURE, "")))
    try:
        envelope = json.loads(found.content)
        text, signatures = b64decode(envelope["payload"]), [b64decode(item["sig"]) for item in envelope["signatures"]]
        same = json.loads(text)["predicateType"] == PREDICATE
    except (ValueError, KeyError, TypeError):
        return False
    return same and any(key.signed(_encoded(text), item) for item in signatures)


def write_archive(path: Path, layers: Sequence[Layer]) -> None:
    """Write an image of such layers as an archive in OCI's image layout."""
    blobs: dict[str, bytes] = {}

    def descriptor(media_type: str, content: bytes, annotations: dict[str, str]) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        blobs[digest] = content
        noted = {"annotations": annotations} if annotations else {}
        return {"mediaType": media_type, "size": len(content), "digest": digest, **noted}

    entries = [descriptor(layer.media_type, layer.content, layer.annotations) for layer in layers]
    configuration = {
        "architecture": "",
        "os": "",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [entry["digest"] for entry in entries]},
    }
    config = descriptor(_CONFIG, json.dumps(configuration).encode(), {})
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": entries}
    top = descriptor(_MANIFEST, json.dumps(manifest).encode(), {})
    files = {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [top]}).encode(),
    }
    with tarfile.open(path, "w") as tar:
        for name, content in {**files, **{archive.blob_name(digest): content for digest, content in blobs.items()}}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def read_archive(path: Path) -> list[Layer]:
    """Return the layers of such an image."""
    with archive.opened(path) as found:
        [(_, manifest)] = found.manifests()
        return [
            Layer(item["mediaType"], found.blob(item["digest"]).read(), dict(item.get("annotations", {})))
            for item in manifest["layers"]
        ]


def _encoded(body: bytes) -> bytes:
    """Return what of a statement is signed (DSSE's pre-authentication encoding)."""
    return b" ".join([b"DSSEv1", str(len(IN_TOTO)).encode(), IN_TOTO.encode(), str(len(body)).encode(), body])


def _text(data: bytes) -> str:
    return b64encode(data).decode()
