"""The programs of an embedded engine: BuildKit's from their Go modules, runc and busybox from the distribution.

All of them lie in a per-user cache, keyed by what pins them. Nothing of the system is changed, and nothing is done when
they are there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from daglet.embedded.errors import EngineError

_PINS = ("go.mod", "go.sum")
_PROGRAMS = ("buildkitd", "buildctl")
_INDEX_AGE_SECONDS = 24 * 3600
_USE_ANOTHER = "or set BUILDKIT_HOST to a BuildKit that is running"

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are. `shim` is the folder that holds busybox alone."""

    buildkitd: Path
    buildctl: Path
    runc: Path
    shim: Path


def ensure(cache: Path, on_step: OnStep) -> Tools:
    """Return the programs of an embedded engine, made or fetched unless they are there.

    Raises
    ------
    EngineError
        If Go is missing, or apt where runc or busybox is missing, or one of them fails.
    """
    folder = cache / f"buildkit-{_pin()}"
    buildkit = [folder / name for name in _PROGRAMS]
    runc, shim = _runc(cache), cache / "shim"
    missing = (not all(path.exists() for path in buildkit), not runc.exists(), not (shim / "busybox").exists())
    if any(missing):
        with _locked(cache):
            if missing[0]:
                _build(folder, on_step)
            if missing[1]:
                _from_package(cache, "runc", "runc", runc, on_step)
            if missing[2]:
                _busybox(cache, shim, on_step)
    return Tools(buildkit[0], buildkit[1], runc, shim)


def client(cache: Path, on_step: OnStep) -> Tools:
    """Return just what talking to a BuildKit that runs elsewhere takes."""
    folder, shim = cache / f"buildkit-{_pin()}", cache / "shim"
    buildctl = folder / "buildctl"
    if not buildctl.exists() and (found := shutil.which("buildctl")):
        buildctl = Path(found)
    if not buildctl.exists() or not (shim / "busybox").exists():
        with _locked(cache):
            if not buildctl.exists():
                _build(folder, on_step)
            if not (shim / "busybox").exists():
                _busybox(cache, shim, on_step)
    return Tools(folder / "buildkitd", buildctl, Path(), shim)


def version() -> str:
    """Return the version of BuildKit that the pin names."""
    for line in (_sources() / "go.mod").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if "github.com/moby/buildkit" in words:
            return words[words.index("github.com/moby/buildkit") + 1]
    return "unknown"


def _sources() -> Path:
    """Return the folder of go.mod: beside this file in a wheel, at the repository's root in a source tree."""
    shipped = Path(__file__).parent / "_tools"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "tools"


def _pin() -> str:
    pin = hashlib.sha256(platform.machine().encode())
    for name in _PINS:
        pin.update((_sources() / name).read_bytes())
    return pin.hexdigest()[:12]


def _build(folder: Path, on_step: OnStep) -> None:
    if all((folder / name).exists() for name in _PROGRAMS):
        return
    go = shutil.which("go")
    if not go:
        msg = "the embedded engine is built with Go, which is not installed"
        raise EngineError(msg, hint=f"install Go 1.26 or newer, {_USE_ANOTHER}")
    on_step("building BuildKit (once, some minutes)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        for name in _PINS:
            shutil.copy(_sources() / name, work)
        made = Path(work, "bin")
        packages = [f"github.com/moby/buildkit/cmd/{name}" for name in _PROGRAMS]
        command = [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", f"{made}/", *packages]
        env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
        _run(
            command,
            cwd=Path(work),
            env=env,
            hint=f"check that Go is 1.26 or newer and reaches its module proxy, {_USE_ANOTHER}",
        )
        _replace(made, folder)


def _runc(cache: Path) -> Path:
    found = shutil.which("runc") or shutil.which("runc", path="/usr/sbin:/sbin")
    return Path(found) if found else cache / "runc" / "runc"


def _busybox(cache: Path, shim: Path, on_step: OnStep) -> None:
    _from_package(cache, "busybox-static", "busybox", shim / "busybox", on_step)


def _from_package(cache: Path, package: str, program: str, target: Path, on_step: OnStep) -> None:
    """Take one program out of a distribution package, with apt's state in a folder of ours."""
    if target.exists():
        return
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            msg = f"{program} is not installed, and there is no {tool} to fetch it with"
            raise EngineError(msg, hint=f"install {program}, {_USE_ANOTHER}")
    on_step(f"fetching {package}")
    state = cache / "apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "state" / "status").touch()
    options = {"Dir::State": state / "state", "Dir::State::status": state / "state" / "status", "Dir::Cache": state / "cache"}
    flags = ["-o", "APT::Sandbox::User=root", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
    hint = f"check that apt reaches its sources, install {program}, {_USE_ANOTHER}"
    stamp = state / "updated"
    if not stamp.exists() or time.time() - stamp.stat().st_mtime > _INDEX_AGE_SECONDS:
        _run(["apt-get", *flags, "-qq", "update"], cwd=state, hint=hint)
        stamp.touch()
    with tempfile.TemporaryDirectory(dir=cache) as work:
        _run(["apt-get", *flags, "download", package], cwd=Path(work), hint=hint)
        archive = next(Path(work).glob("*.deb"))
        _run(["dpkg-deb", "-x", str(archive), f"{work}/files"], cwd=Path(work), hint=hint)
        found = next(path for path in Path(work, "files").rglob(program) if path.is_file() and os.access(path, os.X_OK))
        target.parent.mkdir(parents=True, exist_ok=True)
        found.rename(target)


def _run(command: Sequence[str], *, cwd: Path, hint: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell reads them
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        msg = f"{Path(command[0]).name} {command[1]} failed:\n{tail}\n"
        raise EngineError(msg, hint=hint)


def _replace(made: Path, folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    made.rename(folder)


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
