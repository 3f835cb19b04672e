"""Bases: pins, origins that never mix, and archives that depend on nothing but their content."""

from __future__ import annotations

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bases import BaseRequest, LockError, Settings, resolve
from pipeline.bases.debian import parse_uris
from pipeline.bases.lock import Pins, read, write
from pipeline.bases.model import INDEX, load
from pipeline.bases.oci import make_layer, manifest_digest, write_archive

PLATFORM = "linux/amd64"
REQUESTS = (
    BaseRequest("node-build", "22", PLATFORM),
    BaseRequest("node-runtime", "22", PLATFORM),
    BaseRequest("go-build", "1.26.8", PLATFORM),
)
DIGEST = "sha256:" + "ab" * 32


async def answering(address):
    return f"{address}@{DIGEST}"


async def refusing(address):
    msg = f"no such host: {address}"
    raise OSError(msg)


def resolved(tmp_path, settings, hub, **more):
    return resolve(
        REQUESTS, settings, lock=tmp_path / "pipeline.lock", cache=tmp_path / "cache", hub_digest=hub, on_step=str, **more
    )


async def test_auto_takes_the_hub_where_it_answers(tmp_path):
    found = await resolved(tmp_path, Settings(), answering)
    assert {base.source for base in found.bases} == {"hub"}
    assert found.get("go-build", "1.26.8", PLATFORM).address == f"docker.io/library/golang:1.26.8-bookworm@{DIGEST}"
    assert "/usr/local/bin/node" in found.get("node-runtime", "22", PLATFORM).files
    assert "official images" in found.notice


async def test_pins_are_remembered_and_the_hub_is_not_asked_again(tmp_path):
    first = await resolved(tmp_path, Settings(), answering)
    assert (await resolved(tmp_path, Settings(), refusing)).bases == first.bases


async def test_a_lockfile_never_mixes_origins(tmp_path):
    await resolved(tmp_path, Settings("hub"), answering, fresh=True)
    with pytest.raises(LockError, match="pipeline lock"):
        await resolved(tmp_path, Settings("packages"), answering)


async def test_a_hub_that_does_not_answer_is_an_error_when_asked_for(tmp_path):
    with pytest.raises(Exception, match="no such host"):
        await resolved(tmp_path, Settings("hub"), refusing)


async def test_an_address_overrides(tmp_path):
    found = await resolved(tmp_path, Settings("hub", go=f"registry.example/go@{DIGEST}"), answering)
    base = found.get("go-build", "1.26.8", PLATFORM)
    assert (base.source, base.address, base.digest) == ("address", f"registry.example/go@{DIGEST}", DIGEST)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=4))
def test_pins_survive_the_lockfile(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("lock") / "pipeline.lock"
    write(path, Pins("packages", entries))
    assert read(path) == Pins("packages", entries)


def test_a_broken_lockfile_says_the_way_out(tmp_path):
    (tmp_path / "pipeline.lock").write_text("{")
    with pytest.raises(LockError, match="pipeline lock"):
        read(tmp_path / "pipeline.lock")


def test_apt_listing():
    listing = f"'mirror/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 27 SHA256:{'0' * 64}\nnoise\n"
    assert [(item.name, item.version) for item in parse_uris(listing)] == [("libc6", "2.36-9+deb12u14")]


def test_archives_depend_on_their_content_alone(tmp_path):
    digests = set()
    for name in ("one", "two"):
        layer = make_layer(tmp_path / name / "l.tar.gz", 6, lambda tree: tree.file("a/b", b"content", mode=0o755))
        path = tmp_path / name / "image.tar"
        digests.add(write_archive(path, PLATFORM, [layer], {"Env": []}))
        assert manifest_digest(path) in digests
        with tarfile.open(path) as tar:
            assert tar.getnames()[:2] == ["oci-layout", "index.json"]
    assert len(digests) == 1


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"request": {"role": "config", "variant": "new"}}]', "{}", "null"])
def test_an_index_of_another_version_counts_as_none(tmp_path, text):
    (tmp_path / INDEX).write_text(text)
    assert load(tmp_path) == ()
