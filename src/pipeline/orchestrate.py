"""Services at once: as many as asked for, each with its own time-out, and one's failure kept from the others."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import dagger

from pipeline import cache, facts
from pipeline.cache import Store
from pipeline.config import Service, tags
from pipeline.detect import GoService
from pipeline.errors import (
    ConfigInvalid,
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
from pipeline.stages.stamp import Stamp, bare, stage_of, stamp_file
from pipeline.validate import validate_config

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
        image, stages = await _carry_out(project, graph, settings, progress)
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


async def _carry_out(
    project: Project, whole: ServiceGraph, settings: Settings, progress: Progress
) -> tuple[ImageFacts | None, tuple[facts.StageFact, ...]]:
    """Build the image and find out what that took. The engine merges the questions for the image and for the stamps."""
    service, store = project.config.services[whole.service], settings.cache
    memory = facts.Memory.of(settings.state, project.root, whole.service)
    before = memory.recall()
    found: dict[str, Stamp] = {}
    now: dict[str, facts.InputRecord] = {}
    image: list[ImageFacts] = []
    restored = cache.Restored(whole, whole)
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        scratch = Path(folder)

        async def stamps() -> None:
            ran = [stage for stage in restored.graph.stages if stage.runs and stage.name not in restored.entries]
            found.update(
                await facts.read_stamps({stage.name: stamp_file(stage.container, stage.name) for stage in ran}, scratch)
            )

        async def inputs() -> None:
            for stage in whole.stages:
                now[stage.name] = await facts.record(stage, before.get(stage.name, facts.InputRecord()), scratch / "inputs")

        async def export() -> None:
            if service.target:
                await restored.graph.images[0].sync()
            else:
                image.append(await settings.output.take(whole.service, restored.graph.images))

        async def work() -> None:
            nonlocal restored
            if store:
                # The keys of stages are made of their inputs.
                await inputs()
                restored = await cache.restore(project, whole, settings.run, now, store, known)
            async with anyio.create_task_group() as watch:
                watch.start_soon(_watch, restored, settings.run, progress)
                async with anyio.create_task_group() as group:
                    recording = (inputs,) if memory.keeps and not store else ()
                    for part in (export, stamps, lambda: _validate(project, whole.service), *recording):
                        group.start_soon(part)
                watch.cancel_scope.cancel()

        known = cache.Known((settings.state or scratch) / "stages")
        await _in_time(whole, service.timeout, work)
        judged = facts.judge(restored.graph, settings.run, found, now, before, _saved(restored))
        if store:
            await _share(store, known, restored, judged, {name: stamp.seconds for name, stamp in found.items()}, progress)
            judged = _in_order(whole, judged)
        memory.store(now)
    return (image[0] if image else None), judged


def _saved(restored: cache.Restored) -> dict[str, float]:
    return {name: entry.seconds for name, entry in restored.entries.items()}


async def _share(
    store: Store,
    known: cache.Known,
    restored: cache.Restored,
    judged: Sequence[facts.StageFact],
    seconds: Mapping[str, float],
    progress: Progress,
) -> None:
    """Note what this machine has now, and give the registry what it lacks."""
    known.note({fact.name: fact.status for fact in judged}, restored.keys, restored.entries)
    troubles = dict(restored.troubles)
    if store.writes:
        troubles |= await cache.write(store, restored, seconds)
    for stage, trouble in troubles.items():
        progress.event(restored.whole.service, f"cache: {stage}: {trouble}")


def _in_order(whole: ServiceGraph, judged: Sequence[facts.StageFact]) -> tuple[facts.StageFact, ...]:
    """Return the facts of all stages; one that nothing needed any more was skipped."""
    by_name = {fact.name: fact for fact in judged}
    skipped = "not needed: what needs it is restored"
    return tuple(
        by_name.get(stage.name, facts.StageFact(stage.name, "skipped", reason=skipped, needs=stage.needs))
        for stage in whole.stages
    )


async def _watch(restored: cache.Restored, run: str, progress: Progress) -> None:
    """Tell of each stage when it is there, once the service takes longer than those who look at it wait.

    Each stage's stamp is asked for: the engine adds the question to the work that is under way. That a stage fails is not
    told here, but by the build itself.
    """
    graph = restored.graph
    for name, entry in restored.entries.items():
        progress.finished(graph.service, name, entry.seconds, cached=True)
    await anyio.sleep(progress.patience)

    async def one(stage: Stage) -> None:
        with suppress(dagger.QueryError):
            stamp = Stamp.parse(await stamp_file(stage.container, stage.name).contents())
            progress.finished(graph.service, stage.name, stamp.seconds, cached=stamp.run != run)

    async with anyio.create_task_group() as group:
        for stage in graph.stages:
            if stage.runs and stage.name not in restored.entries:
                group.start_soon(one, stage)


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
    return StageFailed(graph.service, stage, bare(error.command), error.exit_code, f"{error.stdout}\n{error.stderr}")


async def _validate(project: Project, name: str) -> None:
    service = project.services[name]
    if not isinstance(service, GoService) or not service.config:
        return
    path = service.place.path
    folder = project.root / path
    text = (folder / service.config).read_text(encoding="utf-8", errors="replace")
    schema = (folder / service.schema).read_text(encoding="utf-8", errors="replace") if service.schema else ""
    try:
        await anyio.to_thread.run_sync(validate_config, text, f"{path}/{service.config}", schema, f"{path}/{service.schema}")
    except ConfigInvalid as error:
        error.service = name
        raise


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
