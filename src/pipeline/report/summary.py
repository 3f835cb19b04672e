"""The summary that people read at the end of a build."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.printed import inert
from pipeline.report.model import Report, ServiceResult, StageResult

_MARKS = {"cached": "cached", "restored": "restored", "executed": "executed", "failed": "FAILED", "skipped": "skipped"}


def summary(report: Report) -> str:
    """Return the summary as text, at most 100 columns wide apart from messages."""
    lines = [line for service in report.services for line in _service(service)]
    failures = [service for service in report.services if not service.success]
    for service in failures:
        first, *rest = [inert(line) for line in service.error_message.splitlines()] or [""]
        lines += [f"{service.service_name}: {service.status}: {first}", *(f"    {line}" for line in rest), ""]
    parallel, total = report.duration_seconds, report.sum_of_durations_seconds
    lines += [
        f"services      {report.services_total}, of which successful {report.services_succeeded}",
        f"duration      {parallel:.1f} s in parallel, {total:.1f} s one after the other",
        f"image size    {report.total_image_size_mb:.1f} MB in total",
        f"cache hits    {report.cache_hit_rate:.0%}",
        f"engine        {report.engine.name} {report.engine.version}",
    ]
    if retried := [service.service_name for service in report.services if service.retries]:
        lines.append(f"built again   {len(retried)} on another host: {', '.join(retried)}")
    return "\n".join(lines) + "\n"


def _service(service: ServiceResult) -> Iterator[str]:
    digest = service.image_digest.removeprefix("sha256:")[:12]
    size = f"{service.image_size_mb:.1f} MB" if service.image_size_mb else ""
    facts = [service.status, f"{service.duration_seconds:.1f} s", size, digest]
    yield f"{service.service_name:<20}  " + "  ".join(fact for fact in facts if fact)
    for retry in service.retries:
        yield f"  {'built again':<18}  on {service.host}, since {retry.host} was lost: {retry.reason}"
    for stage in service.stages:
        yield f"  {stage.name:<18}  {_MARKS[stage.status]:<8}  {_detail(stage)}".rstrip()
    yield ""


def _detail(stage: StageResult) -> str:
    if stage.status in {"cached", "restored"}:
        return f"saved {stage.saved_seconds:.1f} s" if stage.saved_seconds else ""
    time = f"{stage.duration_seconds:.1f} s" if stage.duration_seconds else ""
    return "  ".join(part for part in (time, stage.reason) if part)
