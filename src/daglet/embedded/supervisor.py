"""Keeps one buildkitd for as long as it has clients. Runs as a program of its own, on the standard library alone.

Two locks on files, which the kernel takes back when their holder ends, however it ends:

- Every client holds a shared one. The supervisor waits for the exclusive one: it gets it when the last client is gone. A
  client that comes while the engine is being stopped waits for its own lock until that is over, and then starts a new one.
- The supervisor is handed an exclusive one for its life, which buildkitd inherits. What the two share with their successor,
  such as the socket, they alone may touch, until both are gone.

The command that starts buildkitd ends with the supervisor, and everything of buildkitd's with that command.
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
_POLL_SECONDS = 0.2


def main() -> None:
    """Start the engine that the first argument describes (JSON), stop it after its last client, and clean up."""
    # Whoever started us goes on at once, and has no child to wait for.
    if os.fork():
        os._exit(0)
    job = json.loads(sys.argv[1])
    told_to_stop = False

    def stop(*_: object) -> None:
        nonlocal told_to_stop
        told_to_stop = True

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    clients = Path(job["clients"]).open("a")  # noqa: SIM115 - held until the process ends
    daemon = subprocess.Popen(  # noqa: S603 - our own arguments
        job["command"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        pass_fds=[job["life"]],
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads here
        start_new_session=True,
    )
    while daemon.poll() is None:
        if told_to_stop or (not Path(job["keep"]).exists() and _is_last(clients)):
            _stop(daemon)
        else:
            time.sleep(_POLL_SECONDS)
    subprocess.run(job["clean"], stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    Path(job["socket"]).unlink(missing_ok=True)
    if _is_on_disk(job["state"]):
        Path(job["unsynced"]).unlink(missing_ok=True)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _is_on_disk(folder: str) -> bool:
    """Wait until all that was written to a folder's file system is on its disk; return whether that went well."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:  # it was removed, and nobody needs to know
        return False
    failed: int = ctypes.CDLL(None).syncfs(opened)
    os.close(opened)
    return not failed


def _is_last(clients: object) -> bool:
    try:
        fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    # To the group: `unshare` itself heeds no such signal, and is gone as soon as buildkitd is.
    os.killpg(daemon.pid, signal.SIGTERM)
    try:
        daemon.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


if __name__ == "__main__":
    main()
