"""Images put together: one by itself, several as the platforms of one index, the same in an archive and in a layout."""

from __future__ import annotations

import errno
import gzip
import json
import tarfile
from pathlib import Path

import pytest

from daglet import archives
from daglet.errors import InvalidOperation
from pipeline.bases.oci import make_layer, write_archive


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


@pytest.mark.parametrize(
    "index",
    ["[]", "{", "{}", '{"manifests": []}', '{"manifests": [null]}', '{"manifests": [{"digest": "sha256:../../evil"}]}'],
)
def test_an_index_that_names_no_image_is_refused(tmp_path, index):
    (tmp_path / "index.json").write_text(index)
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        tar.add(tmp_path / "index.json", "index.json")
    with pytest.raises(InvalidOperation, match="is no OCI image archive"):
        archives.unpack(tmp_path / "image.tar", tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_tag_names_one_image_of_several(layouts, tmp_path):
    (tmp_path / "whole").mkdir()
    whole = archives.joined(layouts, tmp_path / "whole")
    entries = [
        {"digest": image.digest, "annotations": {"org.opencontainers.image.ref.name": tag}}
        for image, tag in zip(layouts, ("1.0", "2.0"), strict=True)
    ]
    (whole.path / "index.json").write_text(json.dumps({"manifests": entries}))
    with tarfile.open(tmp_path / "several.tar", "w", dereference=True) as tar:
        tar.add(whole.path, "")
    for tag, image in ("", layouts[0]), ("1.0", layouts[0]), ("2.0", layouts[1]):
        assert archives.unpack(tmp_path / "several.tar", tmp_path / "store", tag).digest == image.digest
    with pytest.raises(
        InvalidOperation, match=r"several\.tar is no OCI image archive: its index has no image of the tag '3\.0'"
    ):
        archives.unpack(tmp_path / "several.tar", tmp_path / "store", "3.0")


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_stays_of_an_archive_that_ends_too_early(layouts, tmp_path, packed):
    archives.pack(layouts[:1], tmp_path / "whole.tar")
    content = (tmp_path / "whole.tar").read_bytes()
    cut = gzip.compress(content)[:-200] if packed else content[: content.index(b"blobs/") + 520]
    (tmp_path / "cut.tar").write_bytes(cut)
    with pytest.raises(InvalidOperation, match="is no OCI image archive"):
        archives.unpack(tmp_path / "cut.tar", tmp_path / "other")
    assert not list((tmp_path / "other").glob("*"))


def empty(folder):
    folder.mkdir()
    return folder
