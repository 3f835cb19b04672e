"""Recorded runs summed up by service and stage: how long, how often from the cache, how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.model import Report, ServiceResult, StageResult

_HITS = frozenset({"cached", "restored"})
_NEEDED = _HITS | {"executed", "failed"}


@dataclass(frozen=True, slots=True)
class StageTrend:
    """A stage over time. Durations in seconds, of the runs that executed it; `hit_rate` is of those that needed it."""

    name: str
    needed: int
    executed: int
    p50: float
    p95: float
    hit_rate: float
    saved_seconds: float


@dataclass(frozen=True, slots=True)
class ServiceTrend:
    """A service over time, the oldest run first. Durations in seconds, sizes in MB of images that were built.

    Of known vulnerabilities there is what each run found that scanned its image.
    """

    name: str
    builds: int
    succeeded: int
    p50: float
    p95: float
    hit_rate: float
    saved_seconds: float
    durations: tuple[float, ...]
    hit_rates: tuple[float, ...]
    sizes: tuple[float, ...]
    vulnerabilities: tuple[dict[str, int], ...]
    stages: tuple[StageTrend, ...]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of all values lies, interpolated between its neighbours; 0 for no values."""
    import statistics  # noqa: PLC0415 - a build that is only recorded need not wait for it

    match len(values):
        case 0:
            return 0.0
        case 1:
            return values[0]
        case _:
            return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def trends(runs: Sequence[Report]) -> tuple[ServiceTrend, ...]:
    """Return what runs come to for each service, in the order in which services first appear."""
    by_name: dict[str, list[ServiceResult]] = {}
    for run in runs:
        for service in run.services:
            by_name.setdefault(service.service_name, []).append(service)
    return tuple(_service(name, results) for name, results in by_name.items())


def _service(name: str, results: Sequence[ServiceResult]) -> ServiceTrend:
    durations = tuple(result.duration_seconds for result in results)
    stages: dict[str, list[StageResult]] = {}
    for result in results:
        for stage in result.stages:
            stages.setdefault(stage.name, []).append(stage)
    every = [stage for result in results for stage in result.stages]
    return ServiceTrend(
        name=name,
        builds=len(results),
        succeeded=sum(result.success for result in results),
        p50=quantile(durations, 0.50),
        p95=quantile(durations, 0.95),
        hit_rate=hit_rate(every),
        saved_seconds=sum(stage.saved_seconds for stage in every),
        durations=durations,
        hit_rates=tuple(hit_rate(result.stages) for result in results),
        sizes=tuple(result.image_size_mb for result in results if result.image_size_mb),
        vulnerabilities=tuple(result.vulnerabilities.model_dump() for result in results if result.vulnerabilities),
        stages=tuple(_stage(stage, found) for stage, found in stages.items()),
    )


def _stage(name: str, results: Sequence[StageResult]) -> StageTrend:
    durations = [result.duration_seconds for result in results if result.status == "executed"]
    return StageTrend(
        name=name,
        needed=sum(result.status in _NEEDED for result in results),
        executed=len(durations),
        p50=quantile(durations, 0.50),
        p95=quantile(durations, 0.95),
        hit_rate=hit_rate(results),
        saved_seconds=sum(result.saved_seconds for result in results),
    )


def hit_rate(stages: Sequence[StageResult]) -> float:
    """Return the share of stages that came from a cache, of those that were needed; 0 where none was."""
    needed = sum(stage.status in _NEEDED for stage in stages)
    return sum(stage.status in _HITS for stage in stages) / needed if needed else 0.0
