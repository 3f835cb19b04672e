"""Archives depend on nothing but their content."""

from __future__ import annotations

import tarfile

import pytest
import zstandard

from pipeline.bases.oci import make_layer, manifest_digest, write_archive


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_archives_depend_on_their_content_alone(tmp_path, compression):
    digests = set()
    for name in ("one", "two"):
        layer = make_layer(tmp_path / name / "l.tar", 6, lambda tree: tree.file("a/b", b"content", mode=0o755), compression)
        path = tmp_path / name / "image.tar"
        digests.add(write_archive(path, "linux/amd64", [layer], {"Env": []}))
        assert manifest_digest(path) in digests
        with tarfile.open(path) as tar:
            assert tar.getnames()[:2] == ["oci-layout", "index.json"]
    assert len(digests) == 1


def test_a_layer_that_is_there_is_not_made_again(tmp_path):
    first = make_layer(tmp_path / "l.tar.gz", 6, lambda tree: tree.file("a", b"1"))
    assert make_layer(tmp_path / "l.tar.gz", 6, lambda tree: tree.file("a", b"2")) == first


def test_however_it_is_compressed_the_content_is_the_same(tmp_path):
    def fill(tree):
        tree.file("a", b"content")

    known = make_layer(tmp_path / "l.tar.gz", 6, fill)
    other = make_layer(tmp_path / "l.tar.zst", 9, fill, "zstd")
    assert (other.diff_id, other.size) == (known.diff_id, other.path.stat().st_size)
    with zstandard.open(other.path) as stored, tarfile.open(fileobj=stored, mode="r|") as tar:
        assert tar.getnames() == ["a"]
    assert make_layer(other.path, 9, fill, "zstd") == other


def test_what_comes_first_stays(tmp_path):
    def fill(tree):
        tree.file("a", b"1")
        tree.link("a", "elsewhere")
        tree.folder("a")

    with tarfile.open(make_layer(tmp_path / "l.tar.gz", 6, fill).path) as tar:
        assert [(item.name, item.isreg()) for item in tar] == [("a", True)]
