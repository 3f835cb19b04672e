"""Stages of one's own: Python functions of the repository that stand for a stage's command or inputs."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pipeline.errors import UsageError
from pipeline.stages.context import StageFunction

STAGES = ("package-manager", "deps", "build", "prod-deps", "config", "runtime")
"""The stages that a function can stand for."""


def functions(root: Path, service: str, named: Mapping[str, str]) -> dict[str, StageFunction]:
    """Return the functions that a service's configuration names, by stage.

    Parameters
    ----------
    named:
        "FILE.py:FUNCTION" by the stage's name; the file is relative to the repository.

    Raises
    ------
    UsageError
        If there is no such stage, file or function, or the file does not run.
    """
    return {stage: _function(root, service, stage, place) for stage, place in named.items()}


def _function(root: Path, service: str, stage: str, place: str) -> StageFunction:
    key = f"services.{service}.stages.{stage}"
    if stage not in STAGES:
        msg = f"there is no stage {stage!r}"
        raise UsageError(msg, key=key, hint=f"a function can stand for {', '.join(STAGES)}")
    file, _, name = place.rpartition(":")
    path = root / file
    if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        msg = f"there is no file {file!r} in the repository"
        raise UsageError(msg, key=key, hint="name it as FILE.py:FUNCTION, relative to the repository's root")
    spec = importlib.util.spec_from_file_location(f"pipeline_stages_{path.stem}", path)
    if spec is None or spec.loader is None:
        msg = f"{file} is no Python file"
        raise UsageError(msg, key=key)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the user's own code raises
        msg = f"{file} does not run: {type(error).__name__}: {error}"
        raise UsageError(msg, key=key) from None
    function = getattr(module, name, None)
    if not callable(function):
        msg = f"{file} has no function {name!r}"
        raise UsageError(msg, key=key, hint="define it: `def build(container, inputs): return container, inputs`")
    return cast("StageFunction", function)
