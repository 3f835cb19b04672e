"""Images on bases that have settings of their own, from an archive and from a registry."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

import pytest
from dagger import dag

from daglet.embedded import Layout
from pipeline import engine
from pipeline.archive import opened


@pytest.fixture
def registry(tools, tmp_path):
    with tools.registry(tmp_path) as made:
        yield made


@asynccontextmanager
async def bases(registry):
    """Yield a base that has a user, an entrypoint and arguments: one in an archive, and one at an address."""
    busybox = dag.host().file(str(Layout.from_environment(os.environ).cache / "shim" / "busybox"))
    async with engine.session(engine.Choice.BUILDKIT, print):
        files = dag.directory().with_file("bin/busybox", busybox).with_new_file("etc/kept", "").with_new_file("etc/gone", "")
        base = dag.container().with_directory("/", files).with_user("1000:1000")
        base = base.with_entrypoint(["/bin/busybox"]).with_default_args(["of the base"])
        address = await base.publish(f"{registry.address}/base:1")
        yield dag.container().import_(base.as_tarball()), dag.container().from_(address)


async def configuration(container, target):
    """Return the configuration of a container as an image."""
    await container.export(str(target))
    with opened(target) as image:
        ((_, manifest),) = image.manifests()
        return image.document(manifest["config"]["digest"])["config"]


async def test_an_entrypoint_that_keeps_the_arguments_keeps_the_bases(ours, registry, tmp_path):
    async with bases(registry) as found:
        for base in found:
            kept = base.with_entrypoint(["/app"], keep_default_args=True)
            config = await configuration(kept, tmp_path / "kept.tar")
            assert (config["Entrypoint"], config["Cmd"]) == (["/app"], ["of the base"])
            config = await configuration(kept.with_entrypoint(["/other"]), tmp_path / "other.tar")
            assert (config["Entrypoint"], config.get("Cmd")) == (["/other"], None)
            config = await configuration(kept.without_entrypoint(keep_default_args=True), tmp_path / "none.tar")
            assert (config.get("Entrypoint"), config["Cmd"]) == (None, ["of the base"])


async def test_an_entrypoint_that_keeps_the_arguments_keeps_those_of_the_stage_before(ours, registry, tmp_path):
    async with bases(registry) as found:
        for base in found:
            started = base.with_default_args(["own"])
            image = started.with_directory("/other", started.rootfs()).with_entrypoint(["/app"], keep_default_args=True)
            config = await configuration(image, tmp_path / "image.tar")
            assert (config["Entrypoint"], config["Cmd"]) == (["/app"], ["own"])
