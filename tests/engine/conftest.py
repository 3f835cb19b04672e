"""A copy of the repository's services, and an engine state, that a module's tests have to themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str
    report: dict

    def stages(self, service):
        return {stage["name"]: stage["status"] for stage in self.service(service)["stages"]}

    def reasons(self, service):
        return {stage["name"]: stage["reason"] for stage in self.service(service)["stages"]}

    def service(self, name):
        return next(item for item in self.report["services"] if item["service_name"] == name)

    def digests(self):
        return {item["service_name"]: item["image_digest"] for item in self.report["services"]}


@dataclass(frozen=True)
class Workspace:
    root: Path
    state: Path

    @property
    def environ(self):
        return {**os.environ, "DAGLET_STATE": str(self.state / "daglet"), "PIPELINE_STATE": str(self.state / "pipeline")}

    def start(self, *arguments):
        command = [sys.executable, "-m", "pipeline", *arguments]
        return subprocess.Popen(
            command, cwd=self.root, env=self.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def finish(self, process):
        out, err = process.communicate(timeout=900)
        path = self.root / "dist" / "report.json"
        report = json.loads(path.read_text()) if path.exists() else {}
        return Run(process.returncode, out, err, report)

    def pipeline(self, *arguments):
        return self.finish(self.start(*arguments))

    def engine_is_gone(self, seconds=6.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._processes():
                return True
            time.sleep(0.1)
        return False

    def _processes(self):
        needle = os.fsencode(str(self.state))
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if needle in (folder / "cmdline").read_bytes():
                    found.append(folder.name)
            except OSError:
                continue
        return found

    def files(self, service):
        """Return every path of an image, with the layers laid over each other."""
        with tarfile.open(self.root / "dist" / "images" / f"{service}.tar") as archive:
            index = json.load(archive.extractfile("index.json"))
            manifest = json.load(archive.extractfile(_blob(index["manifests"][0]["digest"])))
            found = {}
            for layer in manifest["layers"]:
                with tarfile.open(fileobj=archive.extractfile(_blob(layer["digest"]))) as tar:
                    found |= {item.name.strip("/"): item for item in tar}
            return found, json.load(archive.extractfile(_blob(manifest["config"]["digest"])))


def _blob(digest):
    return "blobs/" + digest.replace(":", "/")


def copy_of_services(target):
    ignore = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "services", target / "services", ignore=ignore)
    shutil.copy(ROOT / "pipeline.toml", target)


@pytest.fixture(scope="session")
def make_workspace(tmp_path_factory):
    """Make another copy of the services, with an empty engine state."""

    def make():
        root = tmp_path_factory.mktemp("workspace")
        copy_of_services(root)
        return Workspace(root, tmp_path_factory.mktemp("state"))

    return make


@pytest.fixture(scope="session")
def workspace(make_workspace):
    """The services, built once from an empty engine state."""
    made = make_workspace()
    first = made.pipeline("build")
    assert first.code == 0, first.out + first.err
    assert set(first.stages("api-gateway").values()) == {"executed"}
    yield made
    assert made.engine_is_gone(20)


@pytest.fixture
def built(workspace):
    """The workspace, and a build of it as it stands; what a test edits is put back."""
    before = {path: path.read_bytes() for path in workspace.root.glob("services/**/*") if path.is_file()}
    run = workspace.pipeline("build")
    assert run.code == 0, run.out + run.err
    yield workspace, run
    for path in workspace.root.glob("services/**/*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
