"""Running a plan: one `buildctl build` a requested value.

Secrets reach buildctl through its environment or a file, never as arguments, and its environment holds nothing of the
session's own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import anyio.abc
from anyio.streams.text import TextReceiveStream

from daglet import archives
from daglet.contexts import local_name
from daglet.dockerfile import DOCKERFILE, SHIM, Plan
from daglet.errors import BuildFailed, EngineLost, ExecFailed
from daglet.progress import Progress

_EPOCH = "0"
_STARTING = "runc run failed: unable to start container process: "
_GRACE_SECONDS = 5

_LOST = re.compile(r"\bUnavailable\b(?:: | desc = )(?:connection error: desc = )?(.*)")
"""What buildctl says of an engine that goes away or cannot be reached: the word is gRPC's for it, with the reason behind it."""


class Engine(Protocol):
    """A BuildKit that answers: where it is, and the tools that go with it."""

    @property
    def address(self) -> str:
        """The address for `buildctl --addr`."""

    @property
    def identity(self) -> str:
        """What its state is known by, and no other's: an engine that starts from nothing has another. "" if it does not tell."""

    @property
    def credentials(self) -> Sequence[str]:
        """Further arguments of `buildctl`, with what it proves itself with."""

    @property
    def buildctl(self) -> Path:
        """The client's program."""

    @property
    def shim(self) -> Path:
        """The folder that holds a static busybox for the engine's platform."""

    @property
    def platform(self) -> str:
        """The platform that commands run on unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan's names stand for on this machine.

    Parameters
    ----------
    contexts:
        Folders, by build context.
    layouts:
        Image layouts, by build context.
    secrets:
        Plain values, by secret id.
    secret_files:
        Files that hold a secret's value, by secret id.
    """

    contexts: Mapping[str, Path]
    layouts: Mapping[str, archives.Layout]
    secrets: Mapping[str, str]
    secret_files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Result:
    """What a solve left behind: the exporter's metadata and all that was reported on the way."""

    metadata: Mapping[str, object]
    progress: Progress


async def solve(engine: Engine, plan: Plan, inputs: Inputs, output: str = "") -> Result:
    """Build a plan's target.

    Parameters
    ----------
    output:
        The value of `buildctl build --output`; "" builds without exporting.

    Raises
    ------
    ExecFailed
        If a command ended with an exit code that was not expected.
    EngineLost
        If the engine went away, or does not answer.
    BuildFailed
        If the solve failed for another reason.
    """
    with tempfile.TemporaryDirectory(prefix="daglet-") as folder:
        Path(folder, "Dockerfile").write_text(plan.dockerfile, encoding="utf-8")
        metadata = Path(folder, "metadata.json")
        environment = client_environment()
        arguments = [*_arguments(engine, plan, inputs, environment), "--local", f"{DOCKERFILE}={folder}"]
        arguments += ["--metadata-file", str(metadata), *(["--output", output] if output else [])]
        progress = Progress()
        code = await _run([*_bound_to_us(), str(engine.buildctl), *arguments], environment, progress)
        if code != 0:
            raise _failure(engine, plan, progress)
        text = metadata.read_text() if metadata.exists() else ""
        return Result(json.loads(text) if text else {}, progress)


def client_environment() -> dict[str, str]:
    """Return what buildctl sees of our environment: how to reach an engine, and nothing of the session's own."""
    kept = ("PATH", "HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _arguments(engine: Engine, plan: Plan, inputs: Inputs, environment: dict[str, str]) -> list[str]:
    arguments = ["--addr", engine.address, *engine.credentials, "build", "--progress=rawjson", "--frontend=dockerfile.v0"]
    options = {"target": plan.target, "build-arg:SOURCE_DATE_EPOCH": _EPOCH}
    if plan.platform:
        options["platform"] = plan.platform
    if plan.attested:
        options["attest:provenance"] = "mode=max"
    folders = {name: (local_name(name, plan.contexts[name], copy), copy) for name, copy in inputs.contexts.items()}
    if f"from={SHIM}" in plan.dockerfile:
        folders[SHIM] = SHIM, engine.shim
    for name, (local, folder) in folders.items():
        arguments += ["--local", f"{local}={folder}"]
        options[f"context:{name}"] = f"local:{local}"
    for name, layout in inputs.layouts.items():
        arguments += ["--oci-layout", f"{name}={layout.path}"]
        options[f"context:{name}"] = f"oci-layout://{name}@{layout.digest}"
    for number, (identity, value) in enumerate(inputs.secrets.items()):
        environment[f"DAGLET_SECRET_{number}"] = value
        arguments += ["--secret", f"id={identity},env=DAGLET_SECRET_{number}"]
    for identity, path in inputs.secret_files.items():
        arguments += ["--secret", f"id={identity},src={path}"]
    for name, value in options.items():
        arguments += ["--opt", f"{name}={value}"]
    return arguments


def _bound_to_us() -> Sequence[str]:
    """Return a prefix that ends the program when we are killed: BuildKit drops the steps of a client that is gone."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


async def _run(command: Sequence[str], environment: Mapping[str, str], progress: Progress) -> int:
    process = await anyio.open_process(command, stdin=-3, stdout=-3, env=environment, start_new_session=True)
    try:
        if process.stderr:
            pending = ""
            async for chunk in TextReceiveStream(process.stderr, errors="replace"):
                *lines, pending = (pending + chunk).split("\n")
                for line in lines:
                    progress.feed(line)
            progress.feed(pending)
        return await process.wait()
    finally:
        with anyio.CancelScope(shield=True):
            await _stop(process)


async def _stop(process: anyio.abc.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        with anyio.move_on_after(_GRACE_SECONDS):
            await process.wait()
        if process.returncode is None:
            process.kill()
    await process.aclose()


def _failure(engine: Engine, plan: Plan, progress: Progress) -> BuildFailed:
    vertex = progress.failed
    if vertex and vertex.exit_code is not None and (step := plan.steps.get(vertex.command)):
        out, err = (text.strip() for text in progress.streams(vertex))
        # A failure that did not come is one, 1, of the script that expected it.
        code = 0 if step.expect == "FAILURE" and vertex.exit_code == 1 else vertex.exit_code
        return ExecFailed(step.args, code, out, err.removeprefix(_STARTING))
    said = progress.messages[-1] if progress.messages else ""
    if (vertex is None or vertex.cancelled) and (lost := _LOST.search(said)):
        return EngineLost(engine.address, lost[1])
    detail = vertex.error if vertex else "\n".join(progress.messages[-5:]) or "buildctl ended without a word"
    place = f"{vertex.name}: " if vertex and vertex.name else ""
    return BuildFailed(f"{place}{detail}")
