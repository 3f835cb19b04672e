"""The program that talks to registries: regctl, which reads the user's Docker configuration with its credential helpers.

It is a Go module, pinned by `tools/registry/go.mod`, built once into the user's cache; a regctl on the PATH is taken where
there is no Go. It asks again by itself where that may help, five times at most.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from pipeline.registry.errors import NotFound, RegistryError
from pipeline.registry.reference import host, is_loopback

_PINS = ("go.mod", "go.sum")
_PACKAGE = "github.com/regclient/regclient/cmd/regctl"
_SECONDS = 600
_LINES = 3


@dataclass(frozen=True, slots=True)
class Client:
    """The program, and how long one request of it may take, in seconds."""

    program: Path
    seconds: float = _SECONDS

    async def run(self, *arguments: str, repository: str) -> str:
        """Run a command about a repository and return what it printed.

        Raises
        ------
        NotFound
            If there is no such thing.
        RegistryError
            If it fails, or takes too long.
        """
        # Another registry that speaks plain HTTP is the user's to name: `regctl registry set --tls disabled HOST`.
        plain = ["--host", f"reg={host(repository)},tls=disabled"] if is_loopback(repository) else []
        try:
            with anyio.fail_after(self.seconds):
                done = await anyio.run_process([str(self.program), *plain, *arguments], stdin=-3, check=False)
        except TimeoutError:
            msg = f"{repository}: no answer after {self.seconds:g} s"
            raise RegistryError(msg, hint="see whether the registry is well, and try again") from None
        if done.returncode != 0:
            raise _failed(repository, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace")


def _failed(repository: str, told: str) -> RegistryError:
    lines = [line for line in told.splitlines() if line.strip()][-_LINES:]
    refused = any(mark in told for mark in ("[http 401]", "[http 403]", "unauthorized"))
    hint = f"`docker login {host(repository)}`, or point DOCKER_CONFIG to the folder with its credentials" if refused else ""
    kind = NotFound if "not found" in told else RegistryError
    return kind(f"{repository}: {' '.join(lines) or 'regctl failed without a word'}", hint=hint)


async def client(cache: Path, on_step: Callable[[str], None]) -> Client:
    """Return the client, built unless it is there.

    Raises
    ------
    RegistryError
        If it cannot be had.
    """
    own = cache / "regctl" / _pin() / "regctl"
    if own.exists():
        return Client(own)
    go = shutil.which("go")
    if not go:
        if system := shutil.which("regctl"):
            return Client(Path(system))
        msg = "images are pushed by regctl, which is built with Go, and neither is installed"
        raise RegistryError(msg, hint="install Go 1.26 or newer, or regctl")
    on_step("building regctl (once, half a minute)")
    await _build(go, own)
    return Client(own)


async def _build(go: str, target: Path) -> None:
    """Build the program; it is whole before it takes its name."""
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as folder:
        for name in _PINS:
            shutil.copy(_sources() / name, folder)
        settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
        command: Sequence[str] = [go, "build", "-trimpath", "-ldflags=-s -w", "-o", f"{folder}/made/", _PACKAGE]
        done = await anyio.run_process(command, cwd=folder, env={**os.environ, **settings}, stdin=-3, check=False)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()[-_LINES:]
            msg = f"regctl cannot be built: {' '.join(lines)}"
            raise RegistryError(msg, hint="check that Go is 1.26 or newer and reaches its module proxy")
        target.parent.mkdir(exist_ok=True)
        Path(folder, "made", "regctl").replace(target)


def _sources() -> Path:
    """Return the folder of go.mod: beside this file in a wheel, at the repository's root in a source tree."""
    shipped = Path(__file__).parent / "_tools"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "tools" / "registry"


def _pin() -> str:
    pin = hashlib.sha256(platform.machine().encode())
    for name in _PINS:
        pin.update((_sources() / name).read_bytes())
    return pin.hexdigest()[:12]
