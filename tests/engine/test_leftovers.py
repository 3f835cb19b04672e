"""Cleaning up after a dead engine touches what is its own, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import anyio
import pytest

from daglet.embedded import Layout, leftovers, tools


@pytest.fixture(scope="module")
def programs():
    return anyio.run(tools.ensure, Layout.from_environment(os.environ).cache, print)


@pytest.fixture
def machine(tmp_path, programs):
    made = Machine(programs, tmp_path)
    yield made
    made.clear()


class Machine:
    """Containers and mounts, made as BuildKit makes them."""

    def __init__(self, programs, folder):
        self.programs, self.folder, self.names, self.mounts = programs, folder, [], []

    def container(self, bundle):
        """Start a container that sleeps, and return its process id."""
        root = bundle / "rootfs"
        root.mkdir(parents=True)
        shutil.copy(self.programs.shim / "busybox", root)
        self.runc("spec", "--bundle", bundle)
        config = json.loads((bundle / "config.json").read_text())
        config["process"] |= {"args": ["/busybox", "sleep", "300"], "terminal": False}
        config["linux"]["cgroupsPath"] = f"/buildkit/{bundle.name}"
        (bundle / "config.json").write_text(json.dumps(config))
        self.names.append(bundle.name)
        subprocess.run(
            [self.programs.runc, "run", "--detach", "--bundle", bundle, bundle.name],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self.records()[bundle.name]["pid"]

    def mount(self, point):
        point.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "test", point], check=True)
        (point / "inside").touch()
        self.mounts.append(point)

    def records(self):
        return {item["id"]: item for item in json.loads(self.runc("list", "--format=json")) or ()}

    def runc(self, *arguments):
        return subprocess.run([self.programs.runc, *arguments], check=True, capture_output=True, text=True).stdout

    def clear(self):
        for name in self.names:
            subprocess.run([self.programs.runc, "delete", "--force", name], capture_output=True, check=False)
        for point in self.mounts:
            subprocess.run(["umount", point], capture_output=True, check=False)


def test_only_the_engine_s_own_containers_end(machine):
    engine, other = machine.folder / "engine", machine.folder / "engine-of-another"
    ours = machine.container(engine / "runc-overlayfs" / "executor" / "daglet-test-ours")
    theirs = machine.container(other / "runc-overlayfs" / "executor" / "daglet-test-theirs")
    leftovers.remove(engine, machine.programs.runc)
    deadline = time.monotonic() + 5
    while alive(ours) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(ours)
    assert alive(theirs)
    assert "daglet-test-ours" not in machine.records()
    assert "daglet-test-theirs" in machine.records()
    assert not list(Path("/sys/fs/cgroup").glob("**/buildkit/daglet-test-ours"))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_only_the_engine_s_own_mounts_go(machine):
    engine = machine.folder / "with space" / "engine"
    inner, outer, beside = engine / "a" / "b", engine / "a", machine.folder / "with space" / "engine2"
    machine.mount(outer)
    machine.mount(inner)
    machine.mount(beside)
    leftovers.remove(engine, machine.programs.runc)
    assert list(outer.iterdir()) == []
    assert (beside / "inside").exists()


def test_a_bundle_goes_but_never_what_is_in_its_root(machine):
    executor = machine.folder / "runc-overlayfs" / "executor"
    for name in ("empty", "full"):
        (executor / name / "rootfs").mkdir(parents=True)
        (executor / name / "config.json").touch()
    (executor / "full" / "rootfs" / "layer").touch()
    leftovers.remove(machine.folder, machine.programs.runc)
    assert not (executor / "empty").exists()
    assert (executor / "full" / "rootfs" / "layer").exists()


def test_without_runc_there_are_no_containers_to_end(machine):
    machine.mount(machine.folder / "a")
    leftovers.remove(machine.folder, machine.folder / "runc")
    assert list((machine.folder / "a").iterdir()) == []
