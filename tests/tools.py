"""Real programs for tests, out of distribution packages, without changing the system.

They lie in the user's cache, unpacked once, with the shared libraries that come with them.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.bases.debian import Apt
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform

_PROGRAMS = ("docker-registry", "skopeo")
_SYSTEMS_OWN = re.compile(r"libc6$|lib.*perl")
_START_SECONDS = 20


USER, PASSWORD = "pusher", "c4n4ry-push"
"""Who a registry with a guard lets in."""

_GUARD = f"{USER}:$2y$05$abcdefghijklmnopqrstuuV3cZt28c065eJKzrI6FYM2z1RNyL4Uy\n"


@dataclass(frozen=True)
class Registry:
    """A registry of images on a loopback port, with nothing in it at first."""

    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Tools:
    """The programs, below one folder as their packages have them."""

    folder: Path

    def skopeo(self, *arguments: str | Path) -> str:
        """Run skopeo and return what it printed."""
        program = self.folder / "usr/bin/skopeo"
        done = subprocess.run([program, *arguments], env=self._environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def registry(self, folder: Path, *, guarded: bool = False, logged: bool = False) -> Iterator[Registry]:
        """Run a registry that keeps its images in a folder, for as long as the context lasts; a guarded one asks who it is."""
        settings = folder / "registry.yml"
        settings.write_text(
            "version: 0.1\n"
            f"log: {{accesslog: {{disabled: {str(not logged).lower()}}}}}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder}/images}}, delete: {{enabled: true}}}}\n"
            "http: {addr: '127.0.0.1:0'}\n"
        )
        if guarded:
            (folder / "people").write_text(_GUARD)
            settings.write_text(settings.read_text() + f"auth: {{htpasswd: {{realm: tests, path: {folder}/people}}}}\n")
        log = folder / "registry.log"
        # Whoever kills the tests leaves no registry behind.
        command = ["setpriv", "--pdeathsig", "KILL", self.folder / "usr/bin/docker-registry", "serve", settings]
        with log.open("w") as file, subprocess.Popen(command, env=self._environ, stdout=file, stderr=file) as process:
            try:
                yield Registry(_listening(process, log), log)
            finally:
                process.terminate()

    @property
    def _environ(self) -> dict[str, str]:
        folders = [path.parent for path in self.folder.glob("**/*-linux-gnu/*.so.*")]
        return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(sorted({str(folder) for folder in folders}))}


def tools() -> Tools:
    """Return the programs, fetched and unpacked unless they are there."""
    cache = cache_folder()
    target = cache / "test-tools"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "test-tools.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _unpack(cache, target)
    return Tools(target)


def _unpack(cache: Path, target: Path) -> None:
    apt = Apt(cache, default_platform().partition("/")[2])
    packages = apt.resolve([*_PROGRAMS, *_libraries(apt)])
    with tempfile.TemporaryDirectory(dir=cache) as work:
        made = Path(work, "made")
        for path in apt.fetch(packages):
            subprocess.run(["dpkg-deb", "-x", path, made], check=True)
        made.rename(target)


def _libraries(apt: Apt) -> list[str]:
    """Return the packages of the libraries that the programs need, as apt would install them on an empty system."""
    apt._refresh()
    listing = apt._apt("install", "--print-uris", "-qq", "--no-install-recommends", *_PROGRAMS)
    names = re.findall(r"' ([^_\s]+)_\S+\.deb ", listing)
    return [name for name in names if name.startswith("lib") and not _SYSTEMS_OWN.match(name)]


def _listening(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())
