"""report.json: the result of a run. docs/report.schema.json is made from these types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, description="seconds")]
Instant = Annotated[str, Field(description="RFC 3339, UTC")]
Count = Annotated[int, Field(ge=0)]
Megabytes = Annotated[float, Field(ge=0, description="MB of 1,000,000 bytes")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StageResult(_Record):
    """What became of one stage. `reason` says which input changed, where it was executed; `started` is "" where nothing ran."""

    name: str
    needs: Annotated[tuple[str, ...], Field(description="the stages that it starts or copies from")] = ()
    base: Annotated[str, Field(description="the image that it starts from, with its digest where it is pinned")] = ""
    status: Literal["cached", "restored", "executed", "failed", "skipped"]
    started: Instant = ""
    duration_seconds: Seconds = 0
    saved_seconds: Seconds = 0
    reason: str = ""


class Retry(_Record):
    """A host that was lost while it built a service, which was then built on another."""

    host: str
    reason: str


class Vulnerabilities(_Record):
    """How many known vulnerabilities `pipeline scan` found in an image, by severity."""

    critical: Count = 0
    high: Count = 0
    medium: Count = 0
    low: Count = 0
    unknown: Count = 0


class ServiceResult(_Record):
    """What became of one service. Sizes are compressed unless the name says otherwise."""

    service_name: str
    kind: Literal["node", "go", ""]
    success: bool
    status: Literal["built", "failed", "timeout", "cancelled", "error"]
    started: Instant = ""
    duration_seconds: Seconds = 0
    image_size_mb: Megabytes = 0
    image_size_uncompressed_mb: Megabytes = 0
    image_digest: str = ""
    image: Annotated[str, Field(description="the image archive, relative to the output folder")] = ""
    tags: tuple[str, ...] = ()
    vulnerabilities: Annotated[Vulnerabilities | None, Field(description="null where the image was not scanned")] = None
    error_message: str = ""
    host: Annotated[str, Field(description="the address of the BuildKit that built it, where [engine] names hosts")] = ""
    retries: tuple[Retry, ...] = ()
    stages: tuple[StageResult, ...] = ()


class EngineResult(_Record):
    """The engine that ran the build."""

    name: Literal["dagger", "buildkit"]
    version: str


class Origin(_Record):
    """What was built: the run's id, as stages' stamps hold it, the repository by its public address or name, and the commit."""

    run: str = ""
    repository: str = ""
    revision: str = ""


class Report(Origin):
    """A run, whole."""

    version: Literal[1] = 1
    success: bool
    engine: EngineResult
    services_total: Count
    services_succeeded: Count
    started: Instant
    duration_seconds: Seconds
    sum_of_durations_seconds: Seconds
    total_image_size_mb: Megabytes
    cache_hit_rate: Annotated[float, Field(ge=0, le=1, description="stages cached or restored, of all that were needed")]
    services: tuple[ServiceResult, ...]


def instant(seconds: float) -> str:
    """Return a time in seconds since 1970 as reports have it, "" for 0."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if seconds else ""


def seconds(instant: str) -> float:
    """Return a report's time in seconds since 1970, 0 for ""."""
    return datetime.fromisoformat(instant).timestamp() if instant else 0.0


def summarise(
    engine: EngineResult, services: tuple[ServiceResult, ...], started: str, duration: float, origin: Origin | None = None
) -> Report:
    """Return the report of a run from its services' results."""
    stages = [stage for service in services for stage in service.stages]
    hits = sum(stage.status in {"cached", "restored"} for stage in stages)
    needed = hits + sum(stage.status in {"executed", "failed"} for stage in stages)
    return Report(
        success=all(service.success for service in services),
        engine=engine,
        services_total=len(services),
        services_succeeded=sum(service.success for service in services),
        started=started,
        duration_seconds=round(duration, 3),
        sum_of_durations_seconds=round(sum(service.duration_seconds for service in services), 3),
        total_image_size_mb=round(sum(service.image_size_mb for service in services), 2),
        cache_hit_rate=round(hits / needed, 4) if needed else 0.0,
        services=services,
        **(origin or Origin()).model_dump(),
    )
