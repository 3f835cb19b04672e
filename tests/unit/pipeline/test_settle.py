"""An image's digest depends on what is in it, not on when a Dagger Engine made it, nor on how that packed the base."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from pipeline.bases import oci
from pipeline.settle import settle


@pytest.fixture
def base(tmp_path):
    """A base image's archive, and its one layer."""
    layer = oci.make_layer(tmp_path / "base.tar.gz", 9, lambda tree: tree.file("bin/sh", b"shell"))
    oci.write_archive(tmp_path / "base.tar", "linux/amd64", [layer], {"Env": ["PATH=/bin"]})
    return tmp_path / "base.tar", layer


def layer_of(path, content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        oci.add_member(tar, path, content)
    return buffer.getvalue()


def packed_anew(folder, path, content):
    """Return a layer as another program packs it: folders with a slash at their end, in a format of its own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        above = tarfile.TarInfo(f"{folder}/")
        above.type, above.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(above)
        oci.add_member(tar, path, content)
    return buffer.getvalue()


def engine_archive(path, imported, now, *, told="import image layer ", base="", content=b"shell"):
    """Write an archive as an engine does: the imported layer packed anew, and the present time in its history."""
    again, own = packed_anew("bin", "bin/sh", content), layer_of("app", b"app")
    blobs = [gzip.compress(body, compresslevel=1, mtime=0) for body in (again, own)]
    config = oci.json_bytes(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": now,
            "config": {"Env": ["PATH=/bin"], "Labels": {"org.opencontainers.image.base.digest": base} if base else {}},
            "rootfs": {"type": "layers", "diff_ids": [oci.digest_of(again), oci.digest_of(own)]},
            "history": [
                {"created": now, "created_by": f"{told}{imported}", "comment": "buildkit.exporter.image.v0"},
                {"created": now, "created_by": "ENV A=1", "empty_layer": True},
                {"created": now, "created_by": "Directory.withDirectory", "comment": "buildkit.exporter.image.v0"},
            ],
        }
    )
    layers = [{**oci.descriptor("layer.v1.tar+gzip", blob), "annotations": {"made": now}} for blob in blobs]
    manifest = json.dumps({"schemaVersion": 2, "config": oci.descriptor("config.v1+json", config), "layers": layers}).encode()
    with tarfile.open(path, "w") as tar:
        for body in (*blobs, config, manifest):
            oci.add_member(tar, oci.blob_name(oci.digest_of(body)), body)
        oci.add_member(tar, "index.json", oci.json_bytes({"manifests": [oci.descriptor("manifest.v1+json", manifest)]}))


def read(path, name):
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile(name))


def settled(path, bases):
    settle(path, bases)
    manifest = read(path, oci.blob_name(oci.manifest_digest(path)))
    return manifest, read(path, oci.blob_name(manifest["config"]["digest"]))


def test_two_runs_give_one_archive(tmp_path, base):
    archive, layer = base
    for name, now in (("one.tar", "2026-01-01T00:00:00Z"), ("two.tar", "2026-06-01T12:00:00Z")):
        engine_archive(tmp_path / name, layer.digest, now)
        settle(tmp_path / name, [archive])
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_the_layer_that_was_imported_takes_its_place_again(tmp_path, base):
    archive, layer = base
    engine_archive(tmp_path / "image.tar", layer.digest, "2026-01-01T00:00:00Z")
    manifest, config = settled(tmp_path / "image.tar", [archive])
    assert manifest["layers"][0] == {
        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
        "digest": layer.digest,
        "size": layer.size,
    }
    assert config["rootfs"]["diff_ids"][0] == layer.diff_id
    with tarfile.open(tmp_path / "image.tar") as tar:
        for item in manifest["layers"]:
            body = tar.extractfile(oci.blob_name(item["digest"])).read()
            assert f"sha256:{hashlib.sha256(body).hexdigest()}" == item["digest"]


def test_history_is_the_bases_and_a_time(tmp_path, base):
    archive, layer = base
    engine_archive(tmp_path / "image.tar", layer.digest, "2026-01-01T00:00:00Z")
    _, config = settled(tmp_path / "image.tar", [archive])
    assert config["created"] == oci.EPOCH
    assert config["history"] == [{"created": oci.EPOCH, "created_by": "base"}, {"created": oci.EPOCH}]
    assert config["config"] == {"Env": ["PATH=/bin"]}


def test_a_layer_of_an_unknown_base_stays_as_the_engine_packed_it(tmp_path, base):
    engine_archive(tmp_path / "image.tar", "sha256:unknown", "2026-01-01T00:00:00Z")
    before = read(tmp_path / "image.tar", oci.blob_name(oci.manifest_digest(tmp_path / "image.tar")))
    manifest, _ = settled(tmp_path / "image.tar", [base[0]])
    assert [item["digest"] for item in manifest["layers"]] == [item["digest"] for item in before["layers"]]


def test_an_engine_that_was_started_again_does_not_tell_what_it_imported(tmp_path, base):
    archive, layer = base
    known = oci.manifest_digest(archive)
    engine_archive(tmp_path / "told.tar", layer.digest, "2026-01-01T00:00:00Z", base=known)
    engine_archive(tmp_path / "again.tar", "", "2026-01-01T00:00:00Z", told="rehydrated persisted snapshot", base=known)
    for name in ("told.tar", "again.tar"):
        settle(tmp_path / name, [archive])
    assert (tmp_path / "again.tar").read_bytes() == (tmp_path / "told.tar").read_bytes()


def test_a_layer_of_other_files_than_the_bases_stays(tmp_path, base):
    archive, layer = base
    path, known = tmp_path / "image.tar", oci.manifest_digest(archive)
    engine_archive(path, "", "2026-01-01T00:00:00Z", told="rehydrated persisted snapshot", base=known, content=b"other")
    manifest, _ = settled(path, [archive])
    assert manifest["layers"][0]["digest"] != layer.digest
