"""A copy of the repository's services, and an engine state, that a module's tests have to themselves."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from blobs import unpacked

from daglet.embedded import Layout
from tools import tools as test_tools

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
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self):
        states = {"DAGLET_STATE": str(self.state / "daglet"), "PIPELINE_STATE": str(self.state / "pipeline")}
        # Lines, and not the groups of whichever CI runs the tests.
        plain = {name: value for name, value in os.environ.items() if name not in {"GITHUB_ACTIONS", "GITLAB_CI"}}
        return {**plain, **states, **self.settings}

    def start(self, *arguments, through=()):
        """Start the pipeline; `through` is a command that starts another."""
        command = [*through, sys.executable, "-m", "pipeline", *arguments]
        return subprocess.Popen(
            command, cwd=self.root, env=self.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def finish(self, process, seconds=900):
        out, err = process.communicate(timeout=seconds)
        path = self.root / "dist" / "report.json"
        report = json.loads(path.read_text()) if path.exists() else {}
        return Run(process.returncode, out, err, report)

    def pipeline(self, *arguments, through=()):
        return self.finish(self.start(*arguments, through=through))

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

    def images(self, service):
        """Return an image as it is for each of its platforms."""
        with tarfile.open(self.root / "dist" / "images" / f"{service}.tar") as archive:
            top = _json(archive, "index.json")["manifests"][0]["digest"]
            found = [_image(archive, manifest) for manifest in _manifests(archive, top)]
            return {f"{image.config['os']}/{image.config['architecture']}": image for image in found}

    def image(self, service):
        """Return an image for a single platform."""
        [image] = self.images(service).values()
        return image

    def layers(self, service):
        """Return the sizes in bytes of the layers of an image for a single platform, by digest."""
        with tarfile.open(self.root / "dist" / "images" / f"{service}.tar") as archive:
            [manifest] = _manifests(archive, _json(archive, "index.json")["manifests"][0]["digest"])
            return {layer["digest"]: layer["size"] for layer in manifest["layers"]}

    def files(self, service):
        """Return every path of an image, with the layers laid over each other, and its configuration."""
        image = self.image(service)
        return image.entries, image.config


@dataclass(frozen=True)
class Image:
    """An image for one platform, its layers laid over each other. `layers` has their content, uncompressed."""

    config: dict
    entries: dict
    contents: dict
    layers: tuple

    def unpack(self, target):
        """Lay the files into a folder."""
        for layer in self.layers:
            with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
                tar.extractall(target, filter="tar", numeric_owner=True)


def _manifests(archive, digest):
    document = _json(archive, _blob(digest))
    return [_json(archive, _blob(child["digest"])) for child in document.get("manifests", ())] or [document]


def _image(archive, manifest):
    entries, contents, layers = {}, {}, []
    for layer in manifest["layers"]:
        layers.append(unpacked(archive.extractfile(_blob(layer["digest"])).read()))
        with tarfile.open(fileobj=io.BytesIO(layers[-1])) as tar:
            for item in tar:
                entries[item.name.strip("/")] = item
                contents[item.name.strip("/")] = tar.extractfile(item).read() if item.isreg() else b""
    return Image(_json(archive, _blob(manifest["config"]["digest"])), entries, contents, tuple(layers))


def _json(archive, name):
    return json.load(archive.extractfile(name))


def _blob(digest):
    return "blobs/" + digest.replace(":", "/")


def copy_of_services(target):
    ignore = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "services", target / "services", ignore=ignore)
    shutil.copy(ROOT / "pipeline.toml", target)


@contextmanager
def _workspaces(tmp_path_factory):
    """Make copies of the services, each with an empty engine state of half a gigabyte, which goes when its tests are done."""
    states = []

    def make():
        root = tmp_path_factory.mktemp("workspace")
        copy_of_services(root)
        states.append(Workspace(root, tmp_path_factory.mktemp("state")))
        return states[-1]

    yield make
    for made in states:
        assert made.engine_is_gone(20)
        shutil.rmtree(made.state)


@pytest.fixture(scope="module")
def make_workspace(tmp_path_factory):
    """Make another copy of the services, with an empty engine state, for a module's tests."""
    with _workspaces(tmp_path_factory) as make:
        yield make


@pytest.fixture
def ours(make_workspace, monkeypatch):
    """An engine state of the tests' own for sessions of this process."""
    for name, value in make_workspace().environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The services, built once from an empty engine state."""
    with _workspaces(tmp_path_factory) as make:
        made = make()
        first = made.pipeline("build")
        assert first.code == 0, first.out + first.err
        assert set(first.stages("api-gateway").values()) == {"executed"}
        yield made


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


@pytest.fixture(scope="session")
def isolated():
    """A command that starts another where there is no network but loopback."""
    busybox = Layout.from_environment(os.environ).cache / "shim" / "busybox"
    return ("unshare", "--net", busybox, "sh", "-c", f'{busybox} ip link set lo up && exec "$@"', "--")


@pytest.fixture(scope="session")
def tools():
    """Programs that are not the project's own."""
    return test_tools()
