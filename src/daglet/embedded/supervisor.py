"""Keeps one buildkitd for as long as it has clients. Runs as a program of its own, on the standard library alone.

Every client holds a shared lock on a file, which the kernel takes back when the client ends, however it ends. The
supervisor waits for the exclusive lock: it gets it when the last client is gone. A client that comes while the engine is
being stopped waits for its own lock until that is over, and then starts a new one.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 8
_KEEP_POLL_SECONDS = 0.2


def main() -> None:
    """Start the engine that the first argument describes (JSON), and stop it after its last client."""
    # Whoever started us goes on at once, and has no child to wait for.
    if os.fork():
        os._exit(0)
    job = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clients = Path(job["clients"]).open("w")  # noqa: SIM115 - held until the process ends
    log = Path(job["log"]).open("ab", buffering=0)  # noqa: SIM115
    daemon = subprocess.Popen(  # noqa: S603 - our own arguments
        job["command"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads here
        start_new_session=True,
    )
    Path(job["pid"]).write_text(f"{daemon.pid} {os.getpid()}\n")
    signal.signal(signal.SIGTERM, lambda *_: _finish(daemon, job))
    while daemon.poll() is None:
        if Path(job["keep"]).exists() or not _exclusive(clients):
            time.sleep(_KEEP_POLL_SECONDS)
            continue
        _finish(daemon, job)
    _clean(job)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exclusive(clients: object) -> bool:
    try:
        fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _finish(daemon: subprocess.Popen[bytes], job: dict[str, str]) -> None:
    daemon.terminate()
    try:
        daemon.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    _clean(job)
    sys.exit(0)


def _clean(job: dict[str, str]) -> None:
    for name in ("pid", "socket"):
        Path(job[name]).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
