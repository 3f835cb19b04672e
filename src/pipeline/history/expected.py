"""What recorded runs say of the next one: how long each service takes, and which host has it in its cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.model import Report


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a service: the mean of its recorded durations in seconds, and the host that built it last."""

    seconds: float
    host: str = ""


def expected(runs: Sequence[Report]) -> dict[str, Expected]:
    """Return what runs say of each service that was built in one of them. The oldest run comes first."""
    durations: dict[str, list[float]] = {}
    hosts: dict[str, str] = {}
    for service in (service for run in runs for service in run.services if service.success):
        durations.setdefault(service.service_name, []).append(service.duration_seconds)
        hosts[service.service_name] = service.host
    return {name: Expected(sum(taken) / len(taken), hosts[name]) for name, taken in durations.items()}
