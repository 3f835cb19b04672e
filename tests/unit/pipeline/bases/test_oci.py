"""Archives depend on nothing but their content."""

from __future__ import annotations

import tarfile

from pipeline.bases.oci import make_layer, manifest_digest, write_archive


def test_archives_depend_on_their_content_alone(tmp_path):
    digests = set()
    for name in ("one", "two"):
        layer = make_layer(tmp_path / name / "l.tar.gz", 6, lambda tree: tree.file("a/b", b"content", mode=0o755))
        path = tmp_path / name / "image.tar"
        digests.add(write_archive(path, "linux/amd64", [layer], {"Env": []}))
        assert manifest_digest(path) in digests
        with tarfile.open(path) as tar:
            assert tar.getnames()[:2] == ["oci-layout", "index.json"]
    assert len(digests) == 1


def test_a_layer_that_is_there_is_not_made_again(tmp_path):
    first = make_layer(tmp_path / "l.tar.gz", 6, lambda tree: tree.file("a", b"1"))
    assert make_layer(tmp_path / "l.tar.gz", 6, lambda tree: tree.file("a", b"2")) == first


def test_what_comes_first_stays(tmp_path):
    def fill(tree):
        tree.file("a", b"1")
        tree.link("a", "elsewhere")
        tree.folder("a")

    with tarfile.open(make_layer(tmp_path / "l.tar.gz", 6, fill).path) as tar:
        assert [(item.name, item.isreg()) for item in tar] == [("a", True)]
