"""Layers compressed by zstd hold what they held, and are read as those by gzip are."""

from __future__ import annotations

import os

import pytest

from pipeline.archive import opened
from pipeline.bases.oci import make_layer, write_archive
from pipeline.compression import compress
from pipeline.config import Overrides, parse
from pipeline.errors import UsageError
from pipeline.images import content, measure
from pipeline.sbom import contents

TEXT = b"a line that stands there again and again\n" * 4000


@pytest.fixture
def archive(tmp_path):
    def fill(tree):
        tree.file("app/text", TEXT)
        tree.file("app/node_modules/plain/package.json", b'{"name": "plain", "version": "1.0.0"}')

    write_archive(tmp_path / "image.tar", "linux/amd64", [make_layer(tmp_path / "layer.tar.gz", 6, fill)], {"User": "1001"})
    return tmp_path / "image.tar"


def test_an_image_is_the_same_but_for_its_layers(archive, tmp_path):
    before = archive.read_bytes()
    facts, layers, listed = measure(archive, tmp_path / "sizes"), content(archive, 9, {}), contents(archive)[0].components
    compress(archive, tmp_path / "known")
    after = measure(archive, tmp_path / "sizes")
    assert after.digest != facts.digest
    assert (after.compressed < facts.compressed, after.uncompressed) == (True, facts.uncompressed)
    assert [item.largest for item in content(archive, 9, {})] == [item.largest for item in layers]
    assert contents(archive)[0].components == listed
    with opened(archive) as image:
        [(_, manifest)] = image.manifests()
        assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
        assert image.document(manifest["config"]["digest"])["config"] == {"User": "1001"}
        files = {info.name: file.read() for info, file in image.files(manifest["layers"][0]) if file}
    assert files["app/text"] == TEXT
    once = archive.read_bytes()
    archive.write_bytes(before)
    compress(archive, tmp_path / "known")
    assert archive.read_bytes() == once
    archive.write_bytes(before)
    compress(archive, tmp_path / "nothing known")
    assert archive.read_bytes() == once
    compress(archive, tmp_path / "known")
    assert archive.read_bytes() == once


def test_what_is_not_wanted_for_a_month_goes(archive, tmp_path):

    known = tmp_path / "known"
    known.mkdir()
    (known / "old").touch()
    os.utime(known / "old", (0, 0))
    compress(archive, known)
    assert len(list(known.iterdir())) == 1


def test_the_setting(tmp_path):
    data = {"services": {"a": {"path": "."}}}
    (tmp_path / "a").mkdir()
    assert parse(tmp_path, data, environ={}).compression == "gzip"
    assert parse(tmp_path, data, environ={}, overrides=Overrides(compression="zstd")).compression == "zstd"
    with pytest.raises(UsageError, match=r"^--compression is 'xz'; it can be gzip or zstd$"):
        parse(tmp_path, data, environ={}, overrides=Overrides(compression="xz"))


def test_another_services_layer_that_is_written_meanwhile_is_nobodys_trouble(archive, tmp_path):
    known = tmp_path / "known"
    known.mkdir()
    (known / "gone").symlink_to("nowhere")  # what was listed, and is not there any more
    compress(archive, known)
