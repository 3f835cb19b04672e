"""Trends for people and for programs: what `pipeline report history` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pipeline.history.trends import ServiceTrend, StageTrend, trends
from pipeline.report.model import Report

_BARS = "▁▂▃▄▅▆▇█"
_LATEST = 24


def as_text(runs: Sequence[Report]) -> str:
    """Return the trends as text, at most 100 columns wide."""
    if not runs:
        return "no runs are recorded\n"
    succeeded = sum(run.success for run in runs)
    first, last = runs[0].started[:10], runs[-1].started[:10]
    lines = [f"{len(runs)} runs from {first} to {last}, of which successful {succeeded}", ""]
    for service in trends(runs):
        lines += [*_service(service), ""]
    return "\n".join(lines[:-1]) + "\n"


def as_json(runs: Sequence[Report]) -> str:
    """Return the trends as JSON."""
    return json.dumps({"runs": len(runs), "services": [asdict(service) for service in trends(runs)]}, indent=2) + "\n"


def bars(values: Sequence[float]) -> str:
    """Return the latest values as a row of bars, the largest a full one."""
    latest = values[-_LATEST:]
    most = max(latest, default=0.0) or 1.0
    return "".join(_BARS[round(value / most * (len(_BARS) - 1))] for value in latest)


def _service(service: ServiceTrend) -> Iterator[str]:
    size = ""
    if service.sizes:
        change = service.sizes[-1] - service.sizes[0]
        size = f"{service.sizes[-1]:.1f} MB" + (f" ({change:+.1f})" if round(change, 1) else "")
    facts = [f"p50 {service.p50:.1f} s", f"p95 {service.p95:.1f} s", f"hits {service.hit_rate:.0%}", size]
    yield f"{service.name:<20}  {service.succeeded} of {service.builds} built  " + "  ".join(filter(None, facts))
    yield f"  {'':<18}  {bars(service.durations)}"
    if service.vulnerabilities:
        yield f"  {'vulnerabilities':<18}  {_vulnerabilities(service.vulnerabilities)}"
    yield from (f"  {stage.name:<18}  {_stage(stage)}".rstrip() for stage in service.stages)


def _vulnerabilities(found: Sequence[dict[str, int]]) -> str:
    """Return what the latest scan found, and how many it are over time."""
    totals = [float(sum(counts.values())) for counts in found]
    change = totals[-1] - totals[0]
    told = ", ".join(f"{number} {severity}" for severity, number in found[-1].items() if number) or "none"
    return told + (f" ({change:+.0f})  {bars(totals)}" if change else "")


def _stage(stage: StageTrend) -> str:
    parts = [f"ran {stage.executed} of {stage.needed}"]
    if stage.p95:
        parts.append(f"p50 {stage.p50:.1f} s  p95 {stage.p95:.1f} s")
    if stage.saved_seconds:
        parts.append(f"saved {stage.saved_seconds:.0f} s")
    return "  ".join(parts)
