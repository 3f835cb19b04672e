"""Services at once: as many as asked for, each with its own time-out, and one's failure kept from the others."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import dagger

from pipeline import facts
from pipeline.building import Building
from pipeline.cache import Store
from pipeline.config import Service, tags
from pipeline.errors import (
    OverBudget,
    ServiceCancelled,
    ServiceError,
    ServiceTimeout,
    StageFailed,
    Unexpected,
)
from pipeline.graph import ServiceGraph, Stage
from pipeline.hosts import Whereabouts
from pipeline.images import ImageFacts
from pipeline.output import Output
from pipeline.progress import Progress
from pipeline.project import Project
from pipeline.report.model import EngineResult, Origin, Report, Retry, ServiceResult, StageResult, instant, summarise
from pipeline.stages.stamp import bare, stage_of

_ASK_SECONDS = 4
"""How long the engine has to say which stages are finished: an answer out of its cache takes a fraction of that."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is carried out.

    Parameters
    ----------
    run:
        The id of the run, found again in the stamps of the stages that it executes.
    output:
        What becomes of images.
    state:
        A folder of the user's, for what is remembered from run to run. Without one, no reasons are told.
    cache:
        The results of stages in a registry, None where there is none to ask.
    repository, revision:
        What is built, for the report.
    expected:
        How long services are expected to take, in seconds: the longest starts first.
    where:
        Where services are built, as the engine tells it.
    """

    run: str
    max_parallel: int
    output: Output
    state: Path | None
    cache: Store | None = None
    repository: str = ""
    revision: str = ""
    expected: Mapping[str, float] = field(default_factory=dict)
    where: Whereabouts = field(default_factory=Whereabouts)


async def build(project: Project, names: Sequence[str], engine: EngineResult, settings: Settings, progress: Progress) -> Report:
    """Build services at the same time and return the report of all. A failure of one is in the report, not raised."""
    started, clock = datetime.now(UTC), time.monotonic()
    results: dict[str, ServiceResult] = {}
    limit = anyio.CapacityLimiter(settings.max_parallel)

    async def one(name: str) -> None:
        async with limit:
            progress.event(name, "started")
            results[name] = await _service(project, name, settings, progress)
            progress.event(name, results[name].status)
            progress.ended(results[name])

    async with anyio.create_task_group() as group:
        # One of which nothing is known may be the longest of all.
        for name in sorted(names, key=lambda name: -settings.expected.get(name, math.inf)):
            group.start_soon(one, name)
    ordered = tuple(results[name] for name in names)
    origin = Origin(run=settings.run, repository=settings.repository, revision=settings.revision)
    return summarise(engine, ordered, instant(started.timestamp()), time.monotonic() - clock, origin)


async def _service(project: Project, name: str, settings: Settings, progress: Progress) -> ServiceResult:
    started, clock = datetime.now(UTC), time.monotonic()
    graph: ServiceGraph | None = None
    image: ImageFacts | None = None
    stages: tuple[facts.StageFact, ...] = ()
    error: ServiceError | None = None
    try:
        graph = project.graph(name, settings.run)
        progress.planned(name, {stage.name: stage.needs for stage in graph.stages})
        image, stages = await _carried_out(project, graph, settings, progress)
    except ServiceError as caught:
        error = caught
    except anyio.get_cancelled_exc_class():
        error = ServiceCancelled(name)
        raise
    except Exception as caught:  # noqa: BLE001 - whatever happens to one service must not stop the others
        error = Unexpected(name, caught)
    duration = time.monotonic() - clock
    error = error or _over_budget(name, project.config.services[name], image, duration)
    if error and graph and error.stage and not stages:
        stages = facts.failed(graph, error.stage)
    return _result(project, name, image, stages, (started, duration), error, settings.where)


async def _carried_out(
    project: Project, graph: ServiceGraph, settings: Settings, progress: Progress
) -> tuple[ImageFacts | None, tuple[facts.StageFact, ...]]:
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        try:
            async with anyio.create_task_group() as others:
                run, output, store, state = settings.run, settings.output, settings.cache, settings.state
                building = Building(project, graph, run, output, store, state, Path(folder), others, progress)
                await _in_time(graph, project.config.services[graph.service].timeout, building.build)
        except ExceptionGroup as errors:
            raise _first(errors) from errors
        return building.image, building.judge()


async def _in_time(graph: ServiceGraph, limit: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Carry out work within a time in seconds; its first failure is told as the failure of the stage that it was."""
    try:
        async with anyio.create_task_group() as watch:
            watch.start_soon(_end_in_time, graph, limit)
            await work()
            watch.cancel_scope.cancel()
    except ExceptionGroup as errors:
        first = _first(errors)
        if isinstance(first, dagger.ExecError):
            raise _stage_failed(graph, first) from first
        raise first from None


async def _end_in_time(graph: ServiceGraph, limit: float) -> None:
    """Fail once a service has had its time, with what it was at.

    Each stage is asked for while the build goes on: the engine answers for those that are finished at once, and adds a
    question about any other to the work that is under way.
    """
    await anyio.sleep(limit)
    finished: set[str] = set()

    async def ask(stage: Stage) -> None:
        await stage.container.sync()
        finished.add(stage.name)

    with anyio.move_on_after(_ASK_SECONDS):
        async with anyio.create_task_group() as group:
            for stage in graph.stages:
                group.start_soon(ask, stage)
    running = [stage for stage in graph.stages if stage.name not in finished and finished.issuperset(stage.needs)]
    raise ServiceTimeout(graph.service, limit, {stage.name: stage.inputs.command for stage in running})


def _first(errors: ExceptionGroup) -> Exception:
    leaves: list[Exception] = []
    pending: list[Exception] = [errors]
    while pending:
        item = pending.pop()
        if isinstance(item, ExceptionGroup):
            pending.extend(item.exceptions)
        else:
            leaves.append(item)
    return next((leaf for leaf in leaves if isinstance(leaf, dagger.ExecError)), leaves[0])


def _stage_failed(graph: ServiceGraph, error: dagger.ExecError) -> StageFailed:
    stage = stage_of(error.command) or "runtime"
    return StageFailed(graph.service, stage, bare(error.command), error.exit_code, error.stdout, error.stderr)


def _over_budget(name: str, settings: Service, image: ImageFacts | None, duration: float) -> OverBudget | None:
    budget = settings.budget
    if image and budget.image_size_mb is not None and image.compressed_mb > budget.image_size_mb:
        return OverBudget(name, "the image's size", image.compressed_mb, budget.image_size_mb, "MB")
    if budget.duration_seconds is not None and duration > budget.duration_seconds:
        return OverBudget(name, "the build's duration", round(duration, 1), budget.duration_seconds, "s")
    return None


def _result(
    project: Project,
    name: str,
    image: ImageFacts | None,
    stages: Sequence[facts.StageFact],
    taken: tuple[datetime, float],
    error: ServiceError | None,
    where: Whereabouts,
) -> ServiceResult:
    settings = project.config.services[name]
    started, duration = taken
    return ServiceResult(
        service_name=name,
        kind=project.services[name].kind,
        success=error is None,
        status=error.status if error else "built",
        started=instant(started.timestamp()),
        duration_seconds=round(duration, 3),
        image_size_mb=image.compressed_mb if image else 0,
        image_size_uncompressed_mb=image.uncompressed_mb if image else 0,
        image_digest=image.digest if image else "",
        image=image.archive if image else "",
        tags=tags(name, settings, project.config.registry or ""),
        error_message=str(error) if error else "",
        host=where.hosts.get(name, ""),
        retries=tuple(Retry(host=loss.host, reason=loss.reason) for loss in where.losses.get(name, ())),
        stages=tuple(
            StageResult(
                name=fact.name,
                needs=fact.needs,
                base=fact.base,
                status=fact.status,
                started=instant(fact.started),
                duration_seconds=fact.duration_seconds,
                saved_seconds=fact.saved_seconds,
                reason=fact.reason,
            )
            for fact in stages
        ),
    )
