"""Two images compared: what differs is named, file by file."""

from __future__ import annotations

import pytest

from pipeline.bases.oci import make_layer, write_archive
from pipeline.reproducible import as_text, differences


def archive(folder, fill, config=None):
    folder.mkdir()
    layer = make_layer(folder / "layer.tar.gz", 1, fill)
    write_archive(folder / "image.tar", "linux/amd64", [layer], config or {"User": "1000"})
    return folder / "image.tar"


def plain(tree):
    tree.file("app/index.js", b"same")


@pytest.mark.parametrize(
    ("fill", "config", "told"),
    [
        (lambda tree: tree.file("app/index.js", b"other"), None, ("app/index.js: its content differs",)),
        (lambda tree: tree.file("app/index.js", b"same", mode=0o755), None, ("app/index.js: its mode differs",)),
        (
            lambda tree: (plain(tree), tree.file("app/when.txt", b"")),
            None,
            ("app/when.txt: only in the second build",),
        ),
        (
            lambda tree: tree.link("app/index.js", "x"),
            None,
            ("app/index.js: its kind and its mode and its target and its content differs",),
        ),
        (plain, {"User": "0"}, ("the image's User: '1000', then '0'",)),
        (plain, None, ("the same files and settings, packed in another way",)),
    ],
)
def test_what_differs_is_named(tmp_path, fill, config, told):
    assert differences(archive(tmp_path / "a", plain), archive(tmp_path / "b", fill, config)) == told


def test_the_first_ones_are_told_and_the_rest_counted():
    text = as_text({"a": (), "b": tuple(f"file{n}" for n in range(7))})
    assert text.splitlines() == [
        "a: reproducible: two builds from nothing are equal",
        "b: not reproducible",
        *(f"    file{n}" for n in range(5)),
        "    and 2 more",
    ]
