"""Which engine runs the operations: the one place that knows both Dagger's own and the embedded one.

In order: the session that we run in, Dagger where its command line and an engine answer, the BuildKit that
`BUILDKIT_HOST` names, the embedded BuildKit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.errors import PipelineError, UsageError

STAGE_VARIABLE = "PIPELINE_STAGE"


class Choice(StrEnum):
    """What the user asked for."""

    AUTO = "auto"
    DAGGER = "dagger"
    BUILDKIT = "buildkit"


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that runs: its name, its version, and why it was chosen."""

    name: str
    version: str
    reason: str


def choose(choice: Choice, environ: Mapping[str, str]) -> tuple[Choice, str]:
    """Return the engine to use and the reason, in a few words."""
    if choice is Choice.DAGGER:
        return choice, "asked for"
    if choice is Choice.BUILDKIT:
        return choice, "asked for"
    if environ.get("DAGGER_SESSION_PORT"):
        return Choice.DAGGER, "inside a Dagger session"
    if environ.get("BUILDKIT_HOST"):
        return Choice.BUILDKIT, "BUILDKIT_HOST is set"
    if shutil.which("dagger") and _docker_answers():
        return Choice.DAGGER, "dagger and Docker are at hand"
    return Choice.BUILDKIT, "no Dagger Engine at hand"


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if not docker:
        return False
    try:
        return subprocess.run([docker, "info"], capture_output=True, timeout=5, check=False).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
