"""The programs of an embedded engine: BuildKit's from their Go modules, runc and busybox from the distribution.

All of them lie in a per-user cache, keyed by what pins them. Nothing of the system is changed, and nothing is done when
they are there. Each is made under a temporary name, by one process at a time, and renamed when it is whole: what has its
name is complete.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from daglet.embedded import debian, golang, locks
from daglet.embedded.errors import EngineError
from daglet.embedded.locks import Kind

_PINS = ("go.mod", "go.sum")
_BUILDKIT = "github.com/moby/buildkit"
_PROGRAMS = ("buildkitd", "buildctl")
_PARTIAL = "partial"

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are. `shim` is the folder that holds busybox alone."""

    buildkitd: Path
    buildctl: Path
    runc: Path
    shim: Path


async def ensure(cache: Path, on_step: OnStep) -> Tools:
    """Return the programs of an embedded engine, made or fetched unless they are there.

    Raises
    ------
    EngineError
        If Go is missing, or apt where runc or busybox is missing, or one of them fails.
    """
    found = Tools(_buildkit(cache) / "buildkitd", buildctl(cache), runc(cache), cache / "shim")
    await _make(cache, [found.buildkitd, found.buildctl, found.runc, found.shim / "busybox"], on_step)
    return found


async def client(cache: Path, on_step: OnStep) -> Tools:
    """Return just what talking to a BuildKit that runs elsewhere takes.

    Raises
    ------
    EngineError
        As `ensure`.
    """
    found = Tools(Path(), buildctl(cache), Path(), cache / "shim")
    await _make(cache, [found.buildctl, found.shim / "busybox"], on_step)
    return found


def buildctl(cache: Path) -> Path:
    """Return where BuildKit's client is, or will be: our own, else the system's."""
    own = _buildkit(cache) / "buildctl"
    system = None if own.exists() else shutil.which("buildctl")
    return Path(system) if system else own


def runc(cache: Path) -> Path:
    """Return where runc is, or will be: the system's, else our own."""
    system = shutil.which("runc") or shutil.which("runc", path="/usr/sbin:/sbin")
    return Path(system) if system else cache / "runc" / "runc"


def version() -> str:
    """Return the version of BuildKit that the pin names."""
    for line in (_sources() / "go.mod").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if _BUILDKIT in words:
            return words[words.index(_BUILDKIT) + 1]
    return "unknown"


async def _make(cache: Path, programs: list[Path], on_step: OnStep) -> None:
    """Make those of the programs that are missing, unless another process does."""
    if all(path.exists() for path in programs):
        return
    try:
        async with _alone(cache, on_step) as partial:
            for path in programs:
                if path.exists():
                    continue
                if path.parent == _buildkit(cache):
                    await _build(partial, path.parent, on_step)
                else:
                    await debian.fetch(cache / "apt", _PACKAGES[path.name], path, partial, on_step)
    except OSError as error:
        msg = f"the engine's programs cannot be kept in {cache}: {error.strerror}"
        raise EngineError(msg, hint="set DAGLET_CACHE to a folder that can be written to and has some 200 MB free") from error


_PACKAGES = {"runc": "runc", "busybox": "busybox-static"}
"""The distribution's packages, by the program that each is wanted for."""


@asynccontextmanager
async def _alone(cache: Path, on_step: OnStep) -> AsyncIterator[Path]:
    """Yield an empty folder for what is not whole yet, to one process at a time."""
    lock, partial = cache / "lock", cache / _PARTIAL
    if not locks.is_free(lock):
        on_step("waiting for another process that prepares the engine")
    async with locks.held(lock, Kind.EXCLUSIVE):
        # What is there was left by a process that was killed.
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)


async def _build(partial: Path, folder: Path, on_step: OnStep) -> None:
    on_step("building BuildKit (once, some minutes)")
    for name in _PINS:
        shutil.copy(_sources() / name, partial)
    made = partial / "made"
    await golang.build(partial, made, [f"{_BUILDKIT}/cmd/{name}" for name in _PROGRAMS], _linker_flags())
    if folder.exists():
        shutil.rmtree(folder)
    made.rename(folder)


def _linker_flags() -> str:
    # BuildKit learns its own version from its linker only.
    return f"-s -w -X {_BUILDKIT}/version.Version={version()}"


def _buildkit(cache: Path) -> Path:
    return cache / f"buildkit-{_pin()}"


def _sources() -> Path:
    """Return the folder of go.mod: beside this file in a wheel, at the repository's root in a source tree."""
    shipped = Path(__file__).parent / "_tools"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "tools"


def _pin() -> str:
    pin = hashlib.sha256(f"{platform.machine()}{_linker_flags()}".encode())
    for name in _PINS:
        pin.update((_sources() / name).read_bytes())
    return pin.hexdigest()[:12]
