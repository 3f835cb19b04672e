"""Images put together: one by itself, several as the platforms of one index, the same in an archive and in a layout."""

from __future__ import annotations

import json
import tarfile

import pytest

from daglet import archives
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


def test_blobs_that_a_layout_is_offered_are_links_and_only_those_of_the_image_stay(layouts, tmp_path):
    image, other = layouts
    target = tmp_path / "offered"
    for _ in range(2):
        archives.offer(layouts, target)
    for layout in layouts:
        for digest in archives.references(layout):
            assert archives.blob(target, digest).samefile(archives.blob(layout.path, digest))
    archives.sweep(archives.Layout(target, image.digest))
    assert {f"sha256:{path.name}" for path in (target / "blobs" / "sha256").iterdir()} == set(archives.references(image))
    assert archives.blob(other.path, other.digest).exists()
