"""Starting the process of an embedded BuildKit: its settings, its environment, its supervisor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import IO

from daglet.embedded import leftovers, nosync, outage, supervisor
from daglet.embedded.errors import USE_ANOTHER, EngineError
from daglet.embedded.layout import Layout
from daglet.embedded.tools import Tools

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_PASSED_ON = ("PATH", "HOME", "TMPDIR", *_PROXIES, *map(str.lower, _PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR")

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


def launch(layout: Layout, found: Tools, environ: Mapping[str, str], life: IO[str]) -> None:
    """Start an engine where none lives, and return before it is ready.

    Parameters
    ----------
    life:
        The engine's lock for life, which the caller holds. The supervisor holds it, too, once this returns.

    Raises
    ------
    EngineError
        If a program that this takes is missing.
    """
    leftovers.remove(layout.engine, found.runc)
    outage.note(layout)
    layout.engine.mkdir(parents=True, exist_ok=True)
    layout.socket.parent.mkdir(parents=True, exist_ok=True)
    for old in (layout.socket, layout.keep):
        old.unlink(missing_ok=True)
    if layout.log.exists():
        layout.log.replace(layout.log_before)
    layout.settings.write_text(_SETTINGS.format(limit=environ.get("DAGLET_MAX_STATE", "20GB")), encoding="utf-8")
    job = {
        "clients": str(layout.clients),
        "keep": str(layout.keep),
        "socket": str(layout.socket),
        "life": life.fileno(),
        "state": str(layout.state),
        "unsynced": str(layout.unsynced),
        "command": [
            *_namespaces(),
            *(sys.executable, "-I", "-S", nosync.__file__),
            str(found.buildkitd),
            f"--config={layout.settings}",
            f"--root={layout.engine}",
            f"--addr={layout.address}",
            "--oci-worker-net=host",
            f"--oci-worker-binary={found.runc}",
        ],
        "clean": [sys.executable, "-I", "-S", leftovers.__file__, str(layout.engine), str(found.runc)],
    }
    with layout.log.open("ab") as log:
        subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(job)],
            # A proxy's address may hold a password, and any user may read the arguments of a process.
            env=_environment(environ, found),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=[life.fileno()],
            start_new_session=True,
            check=True,
        )


def _namespaces() -> list[str]:
    """Return a prefix that starts a command as the first process of a process namespace, with its mounts in one, too.

    Whatever ends that process or this one, the kernel ends all others of the namespace, and takes its mounts away. Mounts of
    the host that go must go there, too; none of the engine's shows here.
    """
    unshare = shutil.which("unshare") or shutil.which("unshare", path="/usr/bin:/bin")
    if not unshare:
        msg = "the embedded engine needs the program `unshare`, which is not installed"
        raise EngineError(msg, hint=f"install util-linux, {USE_ANOTHER}")
    return [unshare, "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--propagation=slave"]


def _environment(environ: Mapping[str, str], found: Tools) -> dict[str, str]:
    """Return what the engine sees. buildkitd looks for runc on the PATH before it takes the one that its arguments name."""
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {**kept, "PATH": os.pathsep.join([*filter(None, [kept.get("PATH")]), str(found.runc.parent)])}
