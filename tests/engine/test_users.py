"""Two users on one machine: the second has a plan, a sentence instead of a build, and nothing of the first one's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from remotes import certificates, running

from daglet.embedded import Layout, acquire
from pipeline.bases.model import load
from pipeline.folders import cache_folder

ROOT = Path(__file__).parents[2]
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
PYTHONS = (sys.executable, "/usr/bin/python3")
"""Ours may lie where no other user gets at it; the system's does as well if it is of the same version."""

SERVICE = {
    "pipeline.toml": '[services.web]\npath = "web"\n',
    "web/package.json": '{"main": "index.js"}',
    "web/package-lock.json": "{}",
    "web/index.js": "",
}
STARTS = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import pipeline, pydantic, tree_sitter'], check=True)"
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
LIST = "import os, sys; os.listdir(sys.argv[1])"


@dataclass(frozen=True)
class User:
    """The second user, with a service in his home."""

    home: Path
    python: str

    def run(self, *words, **more):
        """Run Python."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("DAGLET_", "PIPELINE_", "XDG_"))}
        path = os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib")])
        environ = {**plain, "PYTHONPATH": path, "HOME": str(self.home), "TMPDIR": str(self.home), **more}
        command = [*AS_NOBODY, self.python, *words]
        return subprocess.run(command, cwd=self.home, env=environ, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder():
    """A folder that every user can reach, as those of pytest's are not."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def second(folder):
    home = folder / "second"
    for name, content in SERVICE.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    users = [User(home, python) for python in PYTHONS]
    user = next((user for user in users if user.run("-c", STARTS).returncode == 0), None)
    return user or pytest.skip("no other user can read the folder that these tests are in")


def seen(folder):
    """Return all that stands in a folder, with what tells whether it was touched."""
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {path: (info.st_uid, info.st_mode, info.st_size, info.st_mtime_ns) for path, info in found.items()}


def test_a_second_user_has_a_plan_and_a_sentence(folder, second):
    first = folder / "first"
    for name in ("state/web/kept", "dist/report.json"):
        (first / name).parent.mkdir(parents=True)
        (first / name).touch()
    before = seen(first)
    planned = second.run("-m", "pipeline", "plan")
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.startswith("web (node)")
    refused = second.run("-m", "pipeline", "build")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("pipeline: the embedded engine needs root")
    assert "BUILDKIT_HOST" in refused.stderr
    # Told to use the first one's folders, it changes nothing there, and says why.
    states = {"DAGLET_STATE": str(first / "state"), "PIPELINE_STATE": str(first / "state")}
    refused = second.run("-m", "pipeline", "build", "--output", str(first / "dist"), **states)
    assert refused.returncode == 2
    assert f"nothing can be written into {first}/dist: Permission denied" in refused.stderr
    assert seen(first) == before


async def test_a_second_user_does_not_get_at_the_engine_of_the_first(folder, second):
    layout = replace(Layout.from_environment(os.environ), state=folder / "state")
    async with acquire(layout, os.environ, lambda _: None):
        for code, place in ((CONNECT, layout.socket), (LIST, layout.state)):
            assert "PermissionError" in second.run("-c", code, str(place)).stderr


def test_two_users_build_the_same_image_each_on_an_engine_that_he_is_given(folder, second):
    root, first = second.home, folder / "first"
    (folder / "certificates").mkdir()
    trusted = certificates(folder / "certificates")
    settings = "".join(f'{name} = "{value}"\n' for name, value in trusted.settings.items())
    shutil.copytree(root, first)
    # What the first has, and need not be fetched again: programs, and bases with what they were resolved to.
    shutil.copytree(Layout.from_environment(os.environ).cache, root / ".cache/daglet")
    shutil.copytree(cache_folder() / "pins", root / ".cache/pipeline/pins")
    (root / ".cache/pipeline/bases").mkdir()
    for base in load(cache_folder() / "bases"):
        shutil.copy(cache_folder() / "bases" / base.archive, root / ".cache/pipeline/bases")
    digests = []
    for place in (first, root):
        state = folder / f"engine-{place.name}"
        state.mkdir()
        with running(state, trusted) as remote:
            text = f'[engine]\nhosts = ["{remote.address}"]\n{settings}{SERVICE["pipeline.toml"]}'
            (place / "pipeline.toml").write_text(text)
            if place == root:
                for path in (root, *root.rglob("*"), *trusted.folder.iterdir()):
                    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
                built = second.run("-m", "pipeline", "build")
            else:
                environ = {**os.environ, "PIPELINE_STATE": str(state), "DAGLET_STATE": str(state)}
                command = [sys.executable, "-m", "pipeline", "build"]
                built = subprocess.run(command, cwd=first, env=environ, check=False, capture_output=True, text=True)
            assert built.returncode == 0, built.stderr
        [service] = json.loads((place / "dist/report.json").read_text())["services"]
        assert "executed" in {stage["status"] for stage in service["stages"]}
        digests.append(service["image_digest"])
    assert digests[0] == digests[1]
    assert (root / "dist/images/web.tar").stat().st_uid == NOBODY
