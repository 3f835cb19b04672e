"""When each stage ran, placed on the axis of the run: what ran beside what, and what the run waited for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.report.model import Report, ServiceResult, StageResult, seconds
from pipeline.report.paths import longest

_TICKS = 6
_STEPS = (1, 2, 5)
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class Span:
    """A time on the axis, in percent of the run."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage. `span` is None where nothing of it ran; `critical` marks what the run waited for."""

    stage: StageResult
    span: Span | None
    critical: bool


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with its stages. `last` marks the service that ended last."""

    service: ServiceResult
    span: Span
    stages: tuple[StageRow, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """All services on one axis, and the axis's ticks: seconds, and where they stand in percent."""

    services: tuple[ServiceRow, ...]
    ticks: tuple[tuple[str, float], ...]


def timeline(report: Report) -> Timeline:
    """Return the timeline of a run."""
    length = max(report.duration_seconds, _LEAST)
    zero = seconds(report.started)
    last = max(report.services, key=_end, default=None)
    rows = tuple(_service(service, zero, length, last=service is last) for service in report.services)
    return Timeline(rows, tuple(_ticks(length)))


def _service(service: ServiceResult, zero: float, length: float, *, last: bool) -> ServiceRow:
    way, _ = longest(service.stages, lambda stage: stage.duration_seconds) if last else ((), 0.0)
    ran = {stage.name for stage in service.stages if stage.status in {"executed", "failed"}}
    critical = ran.intersection(way)
    stages = tuple(
        StageRow(
            stage,
            _span(seconds(stage.started), stage.duration_seconds, zero, length) if stage.started else None,
            stage.name in critical,
        )
        for stage in service.stages
    )
    return ServiceRow(service, _span(seconds(service.started), service.duration_seconds, zero, length), stages, last)


def _span(begun: float, lasted: float, zero: float, length: float) -> Span:
    """Return where a time lies on the axis. Clocks of engines elsewhere may be off: what leads out of the run is cut."""
    left = min(max(begun - zero, 0.0), length) if begun else 0.0
    return Span(round(100 * left / length, 3), round(100 * min(lasted, length - left) / length, 3))


def _end(service: ServiceResult) -> float:
    return seconds(service.started) + service.duration_seconds


def _ticks(length: float) -> Iterator[tuple[str, float]]:
    step = next(
        number * 10.0**power for power in range(-2, 9) for number in _STEPS if length / (number * 10.0**power) <= _TICKS
    )
    for number in range(int(length / step) + 1):
        yield f"{number * step:g} s", round(100 * number * step / length, 3)
