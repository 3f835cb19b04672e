"""Images put together: one by itself, several as the platforms of one index, the same in an archive and in a layout."""

from __future__ import annotations

import errno
import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from daglet import archives
from pipeline.bases.oci import make_layer, write_archive

DOCKER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@pytest.fixture
def layouts(tmp_path):
    found = []
    for platform in ("linux/amd64", "linux/arm64"):
        name = platform.partition("/")[2]
        layer = make_layer(tmp_path / f"{name}.tar.gz", 1, lambda tree, name=name: tree.file("a", name.encode()))
        write_archive(tmp_path / f"{name}.tar", platform, [layer], {})
        found.append(archives.unpack(tmp_path / f"{name}.tar", tmp_path / "store"))
    return found


def test_nothing_but_a_layout_is_taken_out_of_an_archive(layouts, tmp_path):
    archives.pack(layouts[:1], tmp_path / "packed.tar")
    name = "blobs/sha256/" + "a" * 64
    with tarfile.open(tmp_path / "packed.tar", "a") as tar:
        for path, kind in (("../outside", tarfile.REGTYPE), (name, tarfile.SYMTYPE), ("blobs/sha256/../../x", tarfile.REGTYPE)):
            info = tarfile.TarInfo(path)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    found = archives.unpack(tmp_path / "packed.tar", tmp_path / "into" / "store")
    files = {str(path.relative_to(found.path)) for path in found.path.rglob("*") if not path.is_dir()}
    blobs = {f"blobs/{digest.replace(':', '/')}" for digest in archives.references(layouts[0])}
    assert files == {"oci-layout", "index.json", *blobs}
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["store"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_layout_has_what_the_archive_has(layouts, tmp_path, count):
    (tmp_path / "whole").mkdir()
    whole = archives.joined(layouts[:count], tmp_path / "whole")
    assert archives.pack(layouts[:count], tmp_path / "packed.tar") == whole.digest
    with tarfile.open(tmp_path / "packed.tar") as tar:
        names = {item.name for item in tar}
        index = json.load(tar.extractfile("index.json"))
    assert json.loads((whole.path / "index.json").read_text()) == index
    files = [path for path in whole.path.rglob("*") if path.is_file()]
    assert {str(path.relative_to(whole.path)) for path in files} == names
    assert set(archives.references(whole)) == {f"sha256:{path.name}" for path in files if path.parent.name == "sha256"}


def test_an_index_names_its_platforms(layouts, tmp_path):
    whole = archives.joined(layouts, tmp_path)
    assert [item["platform"] for item in archives.load(whole.path, whole.digest)["manifests"]] == [
        {"os": "linux", "architecture": "amd64"},
        {"os": "linux", "architecture": "arm64"},
    ]


def test_layers_lie_in_another_layout_too_and_go_where_no_image_has_them(layouts, tmp_path):
    image, other = layouts
    target = archives.joined([image], empty(tmp_path / "target"))
    for _ in range(2):
        archives.lay_in(other, target.path)
    [layer] = archives.load(other.path, other.digest)["layers"]
    assert archives.blob(target.path, layer["digest"]).samefile(archives.blob(other.path, layer["digest"]))
    archives.sweep(target)
    assert {f"sha256:{path.name}" for path in (target.path / "blobs" / "sha256").iterdir()} == set(archives.references(image))
    assert archives.blob(other.path, layer["digest"]).exists()


def test_layers_are_copied_where_no_links_can_be_made(layouts, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    image, other = layouts
    target = archives.joined([image], empty(tmp_path / "target"))
    archives.lay_in(other, target.path)
    [layer] = archives.load(other.path, other.digest)["layers"]
    copied, source = archives.blob(target.path, layer["digest"]), archives.blob(other.path, layer["digest"])
    assert copied.read_bytes() == source.read_bytes()


def test_an_image_is_plain_whose_layers_can_be_told(layouts, tmp_path):
    image, _ = layouts
    whole = archives.joined(layouts, empty(tmp_path / "whole"))
    assert archives.is_plain(image)
    assert not archives.is_plain(whole)
    assert not archives.is_plain(changed(image, lambda layer: layer | {"mediaType": DOCKER}))


@pytest.mark.parametrize(("name", "adds"), [("a", True), (".wh.a", False), ("lib/.wh..wh..opq", False), ("lib/a.wh.b", True)])
def test_layers_that_take_files_away_are_told(tmp_path, name, adds):
    layer = make_layer(tmp_path / "layer.tar.gz", 1, lambda tree: tree.file(name, b""))
    write_archive(tmp_path / "image.tar", "linux/amd64", [layer], {})
    assert archives.only_adds(archives.unpack(tmp_path / "image.tar", tmp_path / "store")) is adds


def test_a_layer_that_cannot_be_looked_into_may_take_files_away(layouts):
    image, _ = layouts
    [layer] = archives.load(image.path, image.digest)["layers"]
    archives.blob(image.path, layer["digest"]).write_bytes(b"(\xb5/\xfd")
    assert not archives.only_adds(image)


COPIED = {"comment": "buildkit.dockerfile.v0", "created_by": "COPY / / # buildkit"}
SET = {"comment": "buildkit.dockerfile.v0", "created_by": "USER 1", "empty_layer": True}
PUSHED = {"comment": "buildkit.exporter.image.v0", "created_by": "[api/runtime 1/2] LINK COPY --link --from=files / /"}
RUN = {"comment": "buildkit.dockerfile.v0", "created_by": "RUN /bin/sh -c rm -r /etc # buildkit"}


@pytest.mark.parametrize(
    ("history", "copied"),
    [
        ([COPIED], True),
        ([PUSHED, SET], True),
        ([RUN], False),
        ([SET], False),
        ([COPIED, COPIED], False),
        ([COPIED | {"comment": "by hand"}], False),
        ([COPIED | {"created_by": "pulled from registry.example/a"}], False),
    ],
)
def test_a_layer_that_was_copied_is_not_looked_into(layouts, history, copied):
    image, _ = layouts
    manifest = archives.load(image.path, image.digest)
    config = archives.blob(image.path, manifest["config"]["digest"])
    config.write_text(json.dumps(json.loads(config.read_text()) | {"history": history}))
    archives.blob(image.path, manifest["layers"][0]["digest"]).write_bytes(b"not to be read")
    assert archives.only_adds(image) is copied


def empty(folder):
    folder.mkdir()
    return folder


def changed(image, change):
    """Return an image with its layers described otherwise."""
    manifest = archives.load(image.path, image.digest)
    body = json.dumps({**manifest, "layers": [change(layer) for layer in manifest["layers"]]}).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    archives.blob(image.path, digest).write_bytes(body)
    return archives.Layout(image.path, digest)
