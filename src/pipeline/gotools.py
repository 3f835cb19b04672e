"""Programs out of Go modules: pinned by a go.mod below `tools/`, built once into the user's cache."""

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

from pipeline.errors import PipelineError

PINS = ("go.mod", "go.sum")
SETTINGS = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
COMMAND = ("go", "build", "-trimpath", "-ldflags=-s -w")
_LINES = 3


class ToolError(PipelineError):
    """A program cannot be had."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program: the folder below `tools/` that pins it, its package, and how long building it takes, for people."""

    module: str
    package: str
    takes: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.package.rpartition("/")[2]

    @property
    def sources(self) -> Path:
        """The folder of its go.mod: beside this file in a wheel, at the repository's root in a source tree."""
        shipped = Path(__file__).parent / "_tools" / self.module
        return shipped if shipped.is_dir() else Path(__file__).parents[2] / "tools" / self.module

    @property
    def pin(self) -> str:
        """What stands for its version, and for the machine that it is built for."""
        pin = hashlib.sha256(platform.machine().encode())
        for name in PINS:
            pin.update((self.sources / name).read_bytes())
        return pin.hexdigest()[:12]


def place(tool: Tool, cache: Path) -> Path:
    """Return where a program is in the user's cache, or will be."""
    return cache / tool.name / tool.pin / tool.name


async def program(tool: Tool, cache: Path, on_step: Callable[[str], None]) -> Path:
    """Return where a program is, built unless it is there; without Go, one on the PATH.

    Raises
    ------
    ToolError
        If it cannot be had.
    """
    own = place(tool, cache)
    if own.exists():
        return own
    go = shutil.which("go")
    if not go:
        if system := shutil.which(tool.name):
            return Path(system)
        msg = f"{tool.name} is built with Go, and neither is installed"
        raise ToolError(msg, hint=f"install Go 1.26 or newer, or {tool.name}")
    on_step(f"building {tool.name} (once, {tool.takes})")
    await _build(go, tool, own)
    return own


async def _build(go: str, tool: Tool, target: Path) -> None:
    """Build a program; it is whole before it takes its name."""
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as folder:
        for name in PINS:
            shutil.copy(tool.sources / name, folder)
        command: Sequence[str] = [go, *COMMAND[1:], "-o", f"{folder}/made/", tool.package]
        done = await anyio.run_process(command, cwd=folder, env={**os.environ, **SETTINGS}, stdin=-3, check=False)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()[-_LINES:]
            msg = f"{tool.name} cannot be built: {' '.join(lines)}"
            raise ToolError(msg, hint="check that Go is 1.26 or newer and reaches its module proxy")
        target.parent.mkdir(exist_ok=True)
        Path(folder, "made", tool.name).replace(target)
