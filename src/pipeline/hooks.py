"""Stages of one's own: Python functions of the repository that stand for a stage's command or inputs."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagger

from pipeline.errors import UsageError
from pipeline.graph import Inputs
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
        If there is no such stage, file or function, or the file does not run. The functions raise it, too.
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
    with _told(path, file, key, "it does not run:"):
        spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if not callable(function):
        msg = f"{file} has no function {name!r}"
        raise UsageError(msg, key=key, hint="define it: `def build(container, inputs): return container, inputs`")
    return _checked(function, name, path, file, key)


def _checked(function: Callable[..., object], name: str, path: Path, file: str, key: str) -> StageFunction:
    """Return a user's function as one that tells what it does wrong."""

    def call(container: dagger.Container, inputs: Inputs) -> tuple[dagger.Container, Inputs]:
        with _told(path, file, key, f"{name}() raised"):
            found = function(container, inputs)
        match found:
            case (dagger.Container(), Inputs(command=str())):
                msg, hint = f"{name}() returns a command that is one text", 'name its words: `command=("npm", "run", "build")`'
            case (dagger.Container() as made, Inputs() as judged):
                return made, judged
            case _:
                msg, hint = f"{name}() does not return a container and inputs", "end it with `return container, inputs`"
        raise UsageError(msg, file=file, key=key, hint=hint)

    return call


@contextmanager
def _told(path: Path, file: str, key: str, what: str) -> Iterator[None]:
    """Tell whatever the user's own code raises with the line of theirs that it was at."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is
        lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        said = str(error)
        if isinstance(error, SyntaxError) and error.filename == str(path):
            lines, said = [error.lineno or 0], error.msg
        msg = f"{what} {type(error).__name__}: {said}"
        raise UsageError(msg, file=file, line=lines[-1] if lines else 0, key=key) from None
