"""Image archives are read through their index, for each platform, and what is none is told apart."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from pipeline.archive import blob_name, opened
from pipeline.bases.oci import add_member, digest_of


def write(path, *, platforms, compressed):
    """Write an archive with one layer of two entries for each platform; return the digest of the top document."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w:gz" if compressed else "w") as tar:
        folder = tarfile.TarInfo("etc")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        add_member(tar, "etc/name", b"content")
    blobs = [layer.getvalue()]

    def kept(value):
        blobs.append(json.dumps(value).encode())
        return {"digest": digest_of(blobs[-1])}

    manifests = [
        kept({"config": kept({"architecture": platform}), "layers": [{"digest": digest_of(blobs[0])}]})
        for platform in platforms
    ]
    top = manifests[0] if len(manifests) == 1 else kept({"manifests": manifests})
    with tarfile.open(path, "w") as tar:
        add_member(tar, "index.json", json.dumps({"manifests": [top]}).encode())
        for body in blobs:
            add_member(tar, blob_name(digest_of(body)), body)
    return top["digest"]


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("platforms", [("amd64",), ("amd64", "arm64")])
def test_each_platforms_image_and_its_files(tmp_path, platforms, compressed):
    digest = write(tmp_path / "image.tar", platforms=platforms, compressed=compressed)
    with opened(tmp_path / "image.tar") as image:
        assert image.digest == digest
        manifests = [manifest for _, manifest in image.manifests()]
        assert tuple(image.document(item["config"]["digest"])["architecture"] for item in manifests) == platforms
        [layer] = manifests[-1]["layers"]
        found = [(info.name, file.read() if file else None) for info, file in image.files(layer)]
    assert found == [("etc", None), ("etc/name", b"content")]


def test_a_tar_that_is_no_image(tmp_path):
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        add_member(tar, "readme", b"")
    with pytest.raises(KeyError), opened(tmp_path / "other.tar"):
        pass
