"""Images on bases that have settings of their own, from an archive and from a registry."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

import dagger
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
        files = dag.directory().with_file("bin/busybox", busybox).with_new_file("etc/gone", "").with_new_file("opt/gone", "")
        files = files.with_new_file("etc/passwd", "root:x:0:0::/:\napp:x:1000:1000::/:\n", permissions=0o600)
        base = dag.container().with_directory("/", files).with_user("app")
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


EDITS = {
    "link": lambda base: base.with_symlink("busybox", "/bin/tool"),
    "removed file": lambda base: base.without_file("/etc/gone"),
    "removed folder": lambda base: base.without_directory("/opt"),
    "new file": lambda base: base.with_new_file("/etc/new/file", "", permissions=0o600, owner="7:7"),
    "copied file": lambda base: base.with_file("/usr/bin/tool", base.file("/bin/busybox")),
    "copied folder": lambda base: base.with_directory("/srv/d", base.directory("/etc"), exclude=["gone"]),
    "owned by name": lambda base: base.with_directory("/srv/d", base.directory("/etc"), owner="app"),
    "command that may fail": lambda base: base.with_exec(["/bin/busybox", "false"], expect=dagger.ReturnType.ANY),
    "after a command": lambda base: base.with_exec(["/bin/busybox", "true"]).without_file("/etc/gone"),
}
WHO = ["/bin/busybox", "sh", "-c", "/bin/busybox id -u; /bin/busybox id -g"]


@pytest.mark.parametrize("name", EDITS)
async def test_files_of_a_base_are_changed_by_root_and_it_goes_on_running_as_who_it_does(ours, registry, tmp_path, name):
    async with bases(registry) as found:
        for base in found:
            edited = EDITS[name](base)
            assert await edited.with_exec(WHO).stdout() == "1000\n1000\n"
            assert (await configuration(edited, tmp_path / "edited.tar"))["User"] == "app"
