"""An embedded BuildKit: started on demand, shared while it runs, gone with its last client."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio
import anyio.to_thread
import platformdirs

from daglet.embedded import leftovers, supervisor, tools
from daglet.embedded.errors import EngineError
from daglet.embedded.tools import OnStep, Tools

_START_SECONDS = 30
_POLL_SECONDS = 0.02
_LOG_LIMIT = 4 << 20
_SOCKET_LIMIT = 100
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")

_SETTINGS = """\
[worker.oci]
  gc = true
  [[worker.oci.gcpolicy]]
    all = true
    reservedSpace = "2GB"
    maxUsedSpace = "{limit}"
    minFreeSpace = "5%"
[worker.containerd]
  enabled = false
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the state of an engine lies.

    Parameters
    ----------
    state:
        The folder with everything of it: BuildKit's own state, locks, the log.
    cache:
        The folder with the programs.
    """

    state: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Layout:
        """Return the user's own layout; DAGLET_STATE and DAGLET_CACHE name other folders."""
        state = environ.get("DAGLET_STATE") or platformdirs.user_state_path("daglet")
        cache = environ.get("DAGLET_CACHE") or platformdirs.user_cache_path("daglet")
        return cls(Path(state).resolve(), Path(cache).resolve())

    @property
    def engine(self) -> Path:
        """BuildKit's own state."""
        return self.state / "engine"

    @property
    def socket(self) -> Path:
        """The engine's socket. The kernel limits such a path to 107 bytes, so a deep folder gets a short one elsewhere."""
        direct = self.state / "buildkitd.sock"
        if len(os.fsencode(direct)) <= _SOCKET_LIMIT:
            return direct
        name = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        return platformdirs.user_runtime_path("daglet") / f"{name}.sock"

    @property
    def clients(self) -> Path:
        """The file that each client holds a shared lock on."""
        return self.state / "clients.lock"

    @property
    def start(self) -> Path:
        """The file that is locked while an engine is being started."""
        return self.state / "start.lock"

    @property
    def keep(self) -> Path:
        """The file whose presence keeps the engine up without clients."""
        return self.state / "keep"

    @property
    def pid(self) -> Path:
        """The file with the process ids of buildkitd and its supervisor."""
        return self.state / "pid"

    @property
    def log(self) -> Path:
        """The engine's log."""
        return self.state / "buildkitd.log"


@dataclass(frozen=True, slots=True)
class Engine:
    """A BuildKit that answers."""

    address: str
    buildctl: Path
    shim: Path
    version: str


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the embedded engine. Sizes in bytes; `pid` 0 where it does not run."""

    running: bool
    kept: bool
    pid: int
    version: str
    state: Path
    state_bytes: int


@asynccontextmanager
async def acquire(layout: Layout, environ: Mapping[str, str], on_step: OnStep) -> AsyncIterator[Engine]:
    """Yield an engine that runs for as long as the context lasts: the one BUILDKIT_HOST names, else the embedded one.

    Raises
    ------
    EngineError
        If there is none to be had.
    """
    if address := environ.get("BUILDKIT_HOST"):
        found = await anyio.to_thread.run_sync(tools.client, layout.cache, on_step)
        yield Engine(address, found.buildctl, found.shim, tools.version())
        return
    if os.geteuid() != 0:
        msg = "the embedded engine needs root, as it mounts file systems for the steps"
        raise EngineError(msg, hint="run as root, or set BUILDKIT_HOST to a BuildKit that is running (rootless ones included)")
    found = await anyio.to_thread.run_sync(tools.ensure, layout.cache, on_step)
    layout.state.mkdir(parents=True, exist_ok=True)
    with layout.clients.open("w") as lock:
        await _flock(lock, fcntl.LOCK_SH)
        await _started(layout, found, environ)
        yield Engine(f"unix://{layout.socket}", found.buildctl, found.shim, tools.version())


async def _started(layout: Layout, found: Tools, environ: Mapping[str, str]) -> None:
    with layout.start.open("w") as lock:
        await _flock(lock, fcntl.LOCK_EX)
        if _answers(layout.socket):
            return
        await anyio.to_thread.run_sync(leftovers.remove, layout.engine, found.runc)
        await anyio.to_thread.run_sync(_launch, layout, found, environ)
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(layout.socket):
            if (layout.pid.exists() and not _alive(layout)) or time.monotonic() > deadline:
                tail = "\n".join(layout.log.read_text(errors="replace").splitlines()[-5:])
                msg = f"BuildKit did not start:\n{tail}\n"
                raise EngineError(msg, hint=f"its whole log is {layout.log}; `pipeline engine prune --all` starts from nothing")
            await anyio.sleep(_POLL_SECONDS)


def _launch(layout: Layout, found: Tools, environ: Mapping[str, str]) -> None:
    layout.engine.mkdir(parents=True, exist_ok=True)
    layout.socket.parent.mkdir(parents=True, exist_ok=True)
    layout.socket.unlink(missing_ok=True)
    layout.pid.unlink(missing_ok=True)
    if layout.log.exists() and layout.log.stat().st_size > _LOG_LIMIT:
        layout.log.unlink()
    settings = layout.state / "buildkitd.toml"
    settings.write_text(_SETTINGS.format(limit=environ.get("DAGLET_MAX_STATE", "20GB")), encoding="utf-8")
    job = {
        "clients": str(layout.clients),
        "keep": str(layout.keep),
        "pid": str(layout.pid),
        "socket": str(layout.socket),
        "log": str(layout.log),
        "command": [
            str(found.buildkitd),
            f"--config={settings}",
            f"--root={layout.engine}",
            f"--addr=unix://{layout.socket}",
            "--oci-worker-net=host",
            f"--oci-worker-binary={found.runc}",
        ],
    }
    with layout.log.open("ab") as log:
        subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(job)],
            # A proxy's address may hold a password, and any user may read the arguments of a process.
            env=_daemon_environment(environ, found.runc),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            check=True,
        )


def _daemon_environment(environ: Mapping[str, str], runc: Path) -> dict[str, str]:
    """Return what the daemon sees. It looks for runc on the PATH before it takes the one that its arguments name."""
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {**kept, "PATH": os.pathsep.join([*filter(None, [kept.get("PATH")]), str(runc.parent)])}


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _alive(layout: Layout) -> int:
    """Return the process id of our buildkitd, 0 if it does not run. A number that another process took over is not ours."""
    try:
        pid = int(layout.pid.read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return 0
    return pid if os.fsencode(f"--root={layout.engine}") in command else 0


async def _flock(file: IO[str], kind: int) -> None:
    """Wait for a lock without holding up the loop, so that the wait can be cancelled."""
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            await anyio.sleep(_POLL_SECONDS)
        else:
            return


def status(layout: Layout) -> Status:
    """Return what is known of the embedded engine."""
    pid = _alive(layout)
    size = sum(path.lstat().st_size for path in layout.engine.rglob("*")) if layout.engine.is_dir() and not pid else 0
    return Status(bool(pid), layout.keep.exists(), pid, tools.version(), layout.state, size)


async def start(layout: Layout, environ: Mapping[str, str], on_step: OnStep) -> Engine:
    """Start the embedded engine and keep it up until `stop`."""
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.keep.touch()
    async with acquire(layout, environ, on_step) as engine:
        return engine


async def stop(layout: Layout) -> bool:
    """Let the embedded engine end with its last client, and wait until it is gone if it has none.

    Returns
    -------
    bool
        Whether it is gone; False where clients still use it.
    """
    layout.keep.unlink(missing_ok=True)
    if not _alive(layout):
        return True
    with layout.clients.open("w") as lock, anyio.move_on_after(15):
        while _alive(layout):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Held by a client, or by the supervisor while it stops the engine.
                await anyio.sleep(0.1)
            else:
                fcntl.flock(lock, fcntl.LOCK_UN)
                await anyio.sleep(0.1)
    return not _alive(layout)


async def prune(layout: Layout) -> None:
    """Remove the embedded engine's whole state: cache, cache volumes, contexts.

    Raises
    ------
    EngineError
        If builds are using it.
    """
    if not await stop(layout):
        msg = "the engine is in use"
        raise EngineError(msg, hint="wait for the builds that run, or end them")
    for folder in (layout.engine, layout.state / "contexts", layout.state / "layouts", layout.state / "images"):
        await anyio.to_thread.run_sync(leftovers.unmount, folder)
        await anyio.to_thread.run_sync(shutil.rmtree, folder, True)
