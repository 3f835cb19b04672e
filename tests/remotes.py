"""BuildKits on loopback ports that speak mutual TLS, as remote ones do: started for a test, and killed if it wants that."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ports
from steps import with_arguments

from daglet.embedded import Layout, leftovers, tools

NAME = "engines.example"
"""The name that the servers' certificate is for: no host's, so that a client has to be told it."""

_START_SECONDS = 60


@dataclass(frozen=True)
class Certificates:
    """An authority, and what servers and clients prove themselves with."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """What a client has to be told, by the options of buildctl."""
        files = {"tlscacert": "ca.pem", "tlscert": "client.pem", "tlskey": "client.key"}
        return {name: str(self.folder / file) for name, file in files.items()} | {"tlsservername": NAME}


def certificates(folder: Path, server: str = f"DNS:{NAME}") -> Certificates:
    """Make an authority and certificates of it, which are good for two days: a server's for a name, and a client's."""
    usual = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _openssl(folder, "-x509", *usual, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    for name, alternative in (("server", server), ("client", "DNS:client.example")):
        names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}"]
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]
        _openssl(folder, "-x509", *usual, *names, *signed, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    return Certificates(folder)


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", "req", *arguments], cwd=folder, check=True, capture_output=True)


@dataclass(frozen=True)
class Remote:
    """A BuildKit that runs."""

    address: str
    state: Path
    process: subprocess.Popen[bytes]

    @property
    def steps(self) -> list[int]:
        """The processes of the steps that it runs."""
        return with_arguments(os.fsencode(self.state / "engine" / "runc-overlayfs" / "executor"))

    def kill(self) -> None:
        """Kill it as a machine that fails would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(state: Path, trusted: Certificates) -> Iterator[Remote]:
    """Run a BuildKit that lets in whoever has a certificate of an authority, for as long as the context lasts.

    It is the first process of a process namespace: what kills it kills its steps, too.
    """
    found = Layout.from_environment(os.environ).cache
    port = ports.free()
    address = f"tcp://127.0.0.1:{port}"
    program = tools.buildctl(found).with_name("buildkitd")
    command = [
        *("setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
        *("--propagation=slave", program, f"--root={state / 'engine'}", f"--addr={address}", "--oci-worker-net=host"),
        *(f"--oci-worker-binary={tools.runc(found)}", f"--tlscacert={trusted.folder / 'ca.pem'}"),
        *(f"--tlscert={trusted.folder / 'server.pem'}", f"--tlskey={trusted.folder / 'server.key'}"),
    ]
    environ = {**os.environ, "PATH": os.pathsep.join([os.environ["PATH"], str(tools.runc(found).parent)])}
    with (state / "log").open("wb") as log, subprocess.Popen(command, env=environ, stdout=log, stderr=log) as process:
        try:
            _wait(port, process, state / "log")
            yield Remote(address, state, process)
        finally:
            process.kill()
            process.wait()
            leftovers.remove(state / "engine", tools.runc(found))


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ports.answers(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
