"""A step that runs on a BuildKit until it is ended, and what of it is left on the machine."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.abc

from daglet.embedded import Engine, Layout, tools

_WAIT_SECONDS = 20


def command(engine: Engine, folder: str, *words: str) -> list[str]:
    """Return what runs a program of busybox's as a build's only step. The folder holds the Dockerfile."""
    step = json.dumps(["/.shim/busybox", *words])
    Path(folder, "Dockerfile").write_text(f"FROM scratch\nRUN --mount=type=bind,from=shim,target=/.shim {step}\n")
    return [
        *(str(engine.buildctl), "--addr", engine.address, "build", "--progress=plain", "--frontend=dockerfile.v0"),
        *(f"--local=dockerfile={folder}", f"--local=shim={engine.shim}", "--opt=context:shim=local:shim", "--no-cache"),
    ]


async def run(engine: Engine, *words: str) -> None:
    """Run a step to its end, which must be a good one."""
    with tempfile.TemporaryDirectory() as folder:
        await anyio.run_process(command(engine, folder, *words))


@asynccontextmanager
async def running(engine: Engine, *words: str) -> AsyncIterator[anyio.abc.Process]:
    """Yield the client of a step that runs; it is not waited for."""
    with tempfile.TemporaryDirectory() as folder:
        async with await anyio.open_process(command(engine, folder, *words), stdout=-3, stderr=-3) as process:
            await until(lambda: processes(words))
            yield process
            if process.returncode is None:
                process.kill()


def processes(words: tuple[str, ...]) -> list[int]:
    """Return the processes of a step."""
    return with_arguments(b"\0".join(map(os.fsencode, ("/.shim/busybox", *words, ""))))


def with_arguments(needle: bytes) -> list[int]:
    """Return the processes that have some bytes in their arguments."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if needle in content(path)]


def content(path: Path) -> bytes:
    """Return a file of /proc, which may go at any time."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def left(layout: Layout) -> list[str]:
    """Return what containers of an engine's have left on the machine: mounts, bundles, runc's records, control groups."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    bundles = [path.parent.name for path in layout.engine.glob("*/executor/*/config.json")]
    listed = subprocess.run([tools.runc(layout.cache), "list", "--format=json"], capture_output=True, text=True, check=True)
    records = [item["id"] for item in json.loads(listed.stdout) or () if item["bundle"].startswith(str(layout.engine))]
    groups = [str(path) for name in (*bundles, *records) for path in Path("/sys/fs/cgroup").glob(f"**/buildkit/{name}")]
    return [*(point for point in mounts if point.startswith(str(layout.state))), *bundles, *records, *groups]


async def until(condition, seconds: float = _WAIT_SECONDS) -> None:
    """Wait for other processes to bring something about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await anyio.sleep(0.05)
