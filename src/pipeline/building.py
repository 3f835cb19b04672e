"""One service built: its stages, out of a registry or by their commands, its image, and what became of each stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
import dagger
from anyio.abc import TaskGroup

from pipeline import cache, facts
from pipeline.cache.store import Absent, Unusable
from pipeline.detect import GoService
from pipeline.errors import ConfigInvalid
from pipeline.graph import ServiceGraph, Stage
from pipeline.images import ImageFacts
from pipeline.output import Output
from pipeline.progress import Progress
from pipeline.project import Project
from pipeline.stages.stamp import Stamp, stamp_file
from pipeline.validate import validate_config


class _Slow(Exception):
    """Layers that the engine was to pass on did not come in time."""


@dataclass(slots=True)
class Building:
    """The build of one service. The engine merges the questions for the image and for the stamps.

    Parameters
    ----------
    whole:
        All stages of the service.
    run:
        The id of the run, found again in the stamps of the stages that it executes.
    output:
        What becomes of the image.
    store:
        The results of stages in a registry, None where there is none to ask.
    state:
        A folder of the user's, for what is remembered from run to run. Without one, no reasons are told.
    scratch:
        A folder that may be written to, and that nobody needs afterwards.
    others:
        Where work is begun that the image does not wait for: giving the registry what it lacks. It is done before `judge`.
    """

    project: Project
    whole: ServiceGraph
    run: str
    output: Output
    store: cache.Store | None
    state: Path | None
    scratch: Path
    others: TaskGroup
    progress: Progress
    image: ImageFacts | None = None
    _memory: facts.Memory = field(init=False)
    _known: cache.Known = field(init=False)
    _before: Mapping[str, facts.InputRecord] = field(init=False)
    _now: dict[str, facts.InputRecord] = field(default_factory=dict)
    _stamps: dict[str, Stamp] = field(default_factory=dict)
    _restored: cache.Restored = field(init=False)
    _troubles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._memory = facts.Memory.of(self.state, self.project.root, self.whole.service)
        self._known = cache.Known((self.state or self.scratch) / "stages")
        self._before = self._memory.recall()
        self._restored = cache.Restored(self.whole, self.whole)

    async def build(self) -> None:
        """Build the image, with what the registry has of its stages.

        Raises
        ------
        ExceptionGroup
            With the first failure, and what that ended.
        """
        if not self.store:
            await self._attempt(None, math.inf)
            return
        # The keys of stages are made of their inputs.
        await self._inputs()
        search = cache.Search(self.project, self.whole, self.run, self._now, self.store, self._known)
        patience, built = 0.0, False
        while not built:
            self._restored = await search.restored()
            try:
                await self._attempt(search, patience or search.patience or math.inf)
                built = True
            except* (dagger.QueryError, Absent, Unusable, _Slow) as errors:
                if errors.subgroup(dagger.ExecError) or not (await search.drop() or errors.subgroup(_Slow)):
                    raise
                # If all layers are there by now, something else was slow.
                patience = math.inf

    def judge(self) -> tuple[facts.StageFact, ...]:
        """Return what became of the stages, once the image is built, and note it for the builds to come."""
        seconds = {name: entry.seconds for name, entry in self._restored.entries.items()}
        judged = facts.judge(self._restored.graph, self.run, self._stamps, self._now, self._before, seconds)
        if self.store:
            self._note(judged)
            judged = _in_order(self.whole, judged)
        self._memory.store(self._now)
        return judged

    async def _attempt(self, search: cache.Search | None, patience: float) -> None:
        """Build what was not restored, and give the registry what it lacks while the image is written."""
        ran = anyio.Event()

        async def commands() -> None:
            await self._read_stamps()
            ran.set()
            if self.store and self.store.writes:
                self.others.start_soon(self._share, self.store)

        async def end_in_time() -> None:
            await ran.wait()
            await anyio.sleep(patience)
            raise _Slow

        async with anyio.create_task_group() as watch:
            watch.start_soon(self._watch)
            watch.start_soon(end_in_time)
            async with anyio.create_task_group() as group:
                recording = (self._inputs,) if self._memory.keeps and not search else ()
                pulling = (search.pull,) if search else ()
                for part in (self._export, commands, self._validate, *recording, *pulling):
                    group.start_soon(part)
            watch.cancel_scope.cancel()

    async def _inputs(self) -> None:
        for stage in self.whole.stages:
            before = self._before.get(stage.name, facts.InputRecord())
            self._now[stage.name] = await facts.record(stage, before, self.scratch / "inputs")

    async def _export(self) -> None:
        images = self._restored.graph.images
        if self.project.config.services[self.whole.service].target:
            await images[0].sync()
        else:
            self.image = await self.output.take(self.whole.service, images)

    async def _read_stamps(self) -> None:
        stages = self._restored.graph.stages
        ran = [stage for stage in stages if stage.runs and stage.name not in self._restored.entries]
        stamps = {stage.name: stamp_file(stage.container, stage.name) for stage in ran}
        self._stamps = await facts.read_stamps(stamps, self.scratch)

    async def _watch(self) -> None:
        """Tell of each stage when it is there, once the service takes longer than those who look at it wait.

        Each stage's stamp is asked for: the engine adds the question to the work that is under way. That a stage fails is not
        told here, but by the build itself.
        """
        graph = self._restored.graph
        for name, entry in self._restored.entries.items():
            self.progress.finished(graph.service, name, entry.seconds, cached=True)
        await anyio.sleep(self.progress.patience)

        async def one(stage: Stage) -> None:
            with suppress(dagger.QueryError):
                stamp = Stamp.parse(await stamp_file(stage.container, stage.name).contents())
                self.progress.finished(graph.service, stage.name, stamp.seconds, cached=stamp.run != self.run)

        async with anyio.create_task_group() as group:
            for stage in graph.stages:
                if stage.runs and stage.name not in self._restored.entries:
                    group.start_soon(one, stage)

    async def _validate(self) -> None:
        service = self.project.services[self.whole.service]
        if not isinstance(service, GoService) or not service.config:
            return
        path = service.place.path
        folder = self.project.root / path
        text = (folder / service.config).read_text(encoding="utf-8", errors="replace")
        schema = (folder / service.schema).read_text(encoding="utf-8", errors="replace") if service.schema else ""
        try:
            await anyio.to_thread.run_sync(
                validate_config, text, f"{path}/{service.config}", schema, f"{path}/{service.schema}"
            )
        except ConfigInvalid as error:
            error.service = self.whole.service
            raise

    async def _share(self, store: cache.Store) -> None:
        seconds = {name: entry.seconds for name, entry in self._restored.entries.items()}
        seconds |= {name: stamp.seconds for name, stamp in self._stamps.items()}
        # What stands for a whole image stands for all its commands.
        together = {stage.name: sum(seconds.values()) for stage in self._restored.graph.stages if not stage.runs}
        self._troubles = await cache.write(store, self._restored, {**together, **seconds})

    def _note(self, judged: Sequence[facts.StageFact]) -> None:
        """Note what this machine has now, and tell what the registry could not be used for."""
        self._known.note({fact.name: fact.status for fact in judged}, self._restored.keys, self._restored.entries)
        for fact in judged:
            if (key := self._restored.volume_keys.get(fact.name)) and fact.status in {"executed", "cached"}:
                self._known.note_volume(key, self._restored.volumes.get(fact.name))
        for stage, trouble in {**self._restored.troubles, **self._troubles}.items():
            self.progress.event(self.whole.service, f"cache: {stage}: {trouble}")


def _in_order(whole: ServiceGraph, judged: Sequence[facts.StageFact]) -> tuple[facts.StageFact, ...]:
    """Return the facts of all stages; one that nothing needed any more was skipped."""
    by_name = {fact.name: fact for fact in judged}
    skipped = "not needed: what needs it is restored"
    return tuple(
        by_name.get(stage.name, facts.StageFact(stage.name, "skipped", reason=skipped, needs=stage.needs))
        for stage in whole.stages
    )
