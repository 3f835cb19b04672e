"""Progress as lines, one after the other: what a log can keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self, TextIO

if TYPE_CHECKING:
    from pipeline.report.model import ServiceResult, StageResult


class Progress:
    """What is told of a run while it goes on. A context manager: what it shows ends with the context.

    Called with a text, it tells something of the run as a whole. `patience` is how long a service may take, in seconds,
    before its stages are asked for one by one; to be asked costs the engine a little.
    """

    patience: ClassVar[float] = math.inf

    def __call__(self, text: str) -> None:
        """Tell something of the run as a whole."""
        raise NotImplementedError

    def event(self, service: str, text: str) -> None:
        """Tell what happened to a service: `started`, its status at the end, or anything worth a line."""
        self(f"{service}: {text}")

    def planned(self, service: str, stages: Mapping[str, tuple[str, ...]]) -> None:
        """Tell which stages a service has, each with those that it needs."""

    def finished(self, service: str, stage: str, seconds: float, *, cached: bool) -> None:
        """Tell that a stage is there, and how long its command took, now or when it was cached."""

    def ended(self, result: ServiceResult) -> None:
        """Tell what came of a service."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        pass


class Quiet(Progress):
    """Nothing is told."""

    def __call__(self, text: str) -> None:
        """Keep it to oneself."""


class Lines(Progress):
    """A line for each service's start and end, and for the stages of those that take their time."""

    patience: ClassVar[float] = 10

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, text: str) -> None:
        """Write a line."""
        print(text, file=self._stream, flush=True)

    def finished(self, service: str, stage: str, seconds: float, *, cached: bool) -> None:
        """Write a line about the stage."""
        self(f"{service}: {stage} {'cached' if cached else f'ran {seconds:.1f} s'}")


def described(result: ServiceResult) -> str:
    """Return a service's result in a line: its status, time, image and how many of its stages were hits."""
    hits = sum(stage.status in {"cached", "restored"} for stage in result.stages)
    parts = [
        f"{result.status} in {result.duration_seconds:.1f} s",
        f"{hits} of {len(result.stages)} stages from the cache" if result.stages and result.success else "",
        f"{result.image_size_mb:.1f} MB" if result.image_size_mb else "",
    ]
    return ", ".join(part for part in parts if part)


def told(stage: StageResult) -> str:
    """Return a stage's result in a line."""
    time = stage.saved_seconds if stage.status in {"cached", "restored"} else stage.duration_seconds
    return "  ".join(part for part in (stage.status, f"{time:.1f} s" if time else "", stage.reason) if part)
