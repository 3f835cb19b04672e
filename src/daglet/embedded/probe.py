"""Asking a BuildKit what it is. An answer is the only proof that it is ready: the socket of one that starts or dies accepts, too."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

_CONNECT_SECONDS = 2
_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a BuildKit says of itself.

    Parameters
    ----------
    platforms:
        The ones that it runs commands for, its own first.
    identity:
        The ids of its workers, which they get with their state.
    """

    version: str
    platforms: tuple[str, ...]
    identity: str = ""


class NoAnswer(Exception):
    """There is no BuildKit, or it does not answer; the text says why."""


async def ask(
    buildctl: Path, address: str, environ: Mapping[str, str], seconds: float, credentials: Sequence[str] = ()
) -> Answer:
    """Return what the BuildKit at an address says of itself.

    Parameters
    ----------
    seconds:
        How long to wait for the answer.
    credentials:
        Further arguments of buildctl's, with what a client proves itself with.

    Raises
    ------
    NoAnswer
        If none comes in that time, or one that is no BuildKit's.
    """
    # buildctl's own limit is one on connecting, in whole seconds.
    limit = f"--timeout={max(1, int(seconds))}"
    command = [str(buildctl), "--addr", address, *credentials, limit, "debug", "workers", "--format", "{{json .}}"]
    done = None
    with anyio.move_on_after(seconds):
        try:
            done = await anyio.run_process(command, env=environ, stdin=subprocess.DEVNULL, check=False)
        except OSError as error:
            msg = f"{buildctl} cannot be run: {error.strerror}"
            raise NoAnswer(msg) from error
    if done is None:
        msg = f"no answer within {seconds:g} s"
        raise NoAnswer(msg)
    if done.returncode != 0:
        raise NoAnswer(_reason(done.stderr.decode(errors="replace")))
    return parse(done.stdout)


def parse(told: bytes) -> Answer:
    """Return what `buildctl debug workers` printed as JSON.

    Raises
    ------
    NoAnswer
        If it names no worker.
    """
    try:
        workers: list[dict[str, Any]] = json.loads(told) or []
        platforms = [_platform(item) for worker in workers for item in worker["platforms"]]
        identity = " ".join(str(worker.get("id", "")) for worker in workers).strip()
        version = next((worker["buildkitVersion"]["version"] for worker in workers if worker.get("buildkitVersion")), "")
    except (ValueError, KeyError, TypeError) as error:
        msg = "its list of workers is in a form of its own"
        raise NoAnswer(msg) from error
    if not platforms:
        msg = "it has no worker that could run commands"
        raise NoAnswer(msg)
    # BuildKits before 0.11 do not tell.
    return Answer(version or "of an unknown version", tuple(dict.fromkeys(platforms)), identity)


def _platform(item: Mapping[str, str]) -> str:
    return "/".join(filter(None, (item["os"], item["architecture"], item.get("variant"))))


def _reason(said: str) -> str:
    lines = [line.removeprefix("error: ") for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "buildctl failed without a word"


def listener(path: Path) -> int:
    """Return the id of our user's process that listens on a socket, 0 if none does: to another's no secret may go."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_CONNECT_SECONDS)
        try:
            client.connect(os.fspath(path))
            told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return 0
    pid, user, _ = _CREDENTIALS.unpack(told)
    return pid if user == os.geteuid() else 0
