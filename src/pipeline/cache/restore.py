"""What of a service's stages is taken from the registry: the images whole, else of the stages behind them what is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import anyio
import dagger

from pipeline.cache.entry import Entry, as_layers, as_volume
from pipeline.cache.keys import keys, of_layers, of_volume
from pipeline.cache.known import Known
from pipeline.cache.store import Absent, Store, Unusable
from pipeline.facts import InputRecord
from pipeline.graph import ServiceGraph, Stage
from pipeline.project import Project
from pipeline.stages.context import default_platform


@dataclass(frozen=True, slots=True)
class Restored:
    """A service's stages after the registry was asked.

    Parameters
    ----------
    graph:
        The stages that the images need, some of them with a result out of the registry.
    whole:
        All stages of the service.
    entries:
        What was taken from the registry, by stage.
    keys:
        The keys of stages, by stage.
    absent:
        The names of entries that were looked for and that the registry does not have.
    troubles:
        Why the registry could not be used, by stage.
    volumes:
        What stages left in their cache volumes, for those that have to run, by stage.
    volume_keys:
        The keys of that, by stage.
    """

    graph: ServiceGraph
    whole: ServiceGraph
    entries: Mapping[str, Entry] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    absent: Collection[str] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, Entry] = field(default_factory=dict)
    volume_keys: Mapping[str, str] = field(default_factory=dict)


class Search:
    """One service's questions to the registry.

    Parameters
    ----------
    run:
        The id of the run, as the service's graph has it.
    known:
        What this machine's engine has made before: it is not asked for.
    """

    def __init__(
        self, project: Project, whole: ServiceGraph, run: str, records: Mapping[str, InputRecord], store: Store, known: Known
    ) -> None:
        self._project, self._graph, self._run, self._store, self._known = project, whole, run, store, known
        self._keys = keys(whole, records, default_platform(), version("pipeline"))
        self._asked: set[str] = set()
        self._pulled: set[str] = set()
        self._entries: dict[str, Entry] = {}
        self._volumes: dict[str, Entry] = {}
        self._volume_keys = self._keys_of_volumes() if store.layers else {}
        self._absent: set[str] = set()
        self._troubles: dict[str, str] = {}

    async def restored(self) -> Restored:
        """Ask for the images, then at the same time for all stages behind those that are not there, and return what is needed.

        Asking for what turns out not to be needed costs less than waiting for one answer after the other. Nothing is pulled by that.
        What then cannot be had (`pull`, `drop`) is left out when this is asked again.
        """
        while stages := self._next():
            self._asked |= {stage.name for stage in stages}
            async with anyio.create_task_group() as group:
                for stage in stages:
                    group.start_soon(self._ask, stage)
        entries = self._taken
        contents = {name: self._content(name) for name in entries}
        layered = {name for name, entry in entries.items() if entry.is_layers}
        volumes = {name: self._store.content(entry) for name, entry in self._volumes.items()}
        graph = self._project.graph(self._graph.service, self._run, contents, layered, volumes)
        needed = graph.needed(entries)
        left = tuple(stage for stage in graph.stages if stage.name in needed)
        pruned = ServiceGraph(graph.service, graph.kind, left, graph.images)
        return Restored(
            pruned,
            self._graph,
            entries,
            self._keys,
            set(self._absent),
            dict(self._troubles),
            dict(self._volumes),
            self._volume_keys,
        )

    @property
    def patience(self) -> float:
        """How long the engine may take, in seconds, to pull the layers that it passes on: nobody sees it do that."""
        return max((self._store.patience(entry) for entry in self._taken.values() if entry.is_layers), default=0.0)

    async def pull(self) -> None:
        """Have the engine pull what was found and is to be unpacked, while it builds with it.

        Raises
        ------
        Absent, Unusable
            If it cannot be had: it is to be dropped.
        """
        async with anyio.create_task_group() as group:
            for entry in self._all():
                if not entry.is_layers:
                    group.start_soon(self._pull, entry)

    async def drop(self) -> bool:
        """Leave out what cannot be pulled, and return whether that was any."""
        bad: dict[str, Absent | Unusable] = {}

        async def check(entry: Entry) -> None:
            try:
                await self._pull(entry)
            except (Absent, Unusable) as error:
                bad[entry.stage] = error

        async with anyio.create_task_group() as group:
            for entry in self._all():
                group.start_soon(check, entry)
        for found in (self._entries, self._volumes):
            for stage, entry in list(found.items()):
                if entry.stage in bad:
                    del found[stage]
                    self._without(stage, entry.stage, bad[entry.stage])
        return bool(bad)

    @property
    def _taken(self) -> dict[str, Entry]:
        """What was found and is needed: nothing behind a stage that is there."""
        needed = self._graph.needed(self._entries)
        return {name: entry for name, entry in self._entries.items() if name in needed}

    def _all(self) -> list[Entry]:
        return [*self._taken.values(), *self._volumes.values()]

    def _keys_of_volumes(self) -> dict[str, str]:
        return {
            stage.name: of_volume([self._keys[need] for need in stage.needs], stage.volume)
            for stage in self._graph.stages
            if stage.volume and all(need in self._keys for need in stage.needs)
        }

    def _next(self) -> list[Stage]:
        """Return the stages that are needed as far as is known and that nobody has asked for yet, images before all others."""
        unasked = self._graph.needed(self._entries) - self._asked
        left = [stage for stage in self._graph.stages if stage.name in unasked]
        behind = {need for stage in self._graph.stages for need in stage.needs}
        return [stage for stage in left if stage.name not in behind] or left

    async def _ask(self, stage: Stage) -> None:
        key = self._keys.get(stage.name)
        if not key or self._known.was_made(key):
            return
        known = self._known.restored(key)
        if known and (self._store.layers or not known.is_layers):
            self._entries[stage.name] = known
            return
        async with anyio.create_task_group() as group:
            group.start_soon(self._ask_for_result, stage, key)
            if volume := self._volume_keys.get(stage.name, ""):
                group.start_soon(self._ask_for_volume, stage, volume)
        if stage.name in self._entries:
            self._volumes.pop(stage.name, None)
            self._absent.discard(as_volume(stage.name))

    async def _ask_for_result(self, stage: Stage, key: str) -> None:
        for name, own in self._forms(stage, key):
            if entry := await self._find(stage, name, own):
                self._entries[stage.name] = entry
                return

    async def _ask_for_volume(self, stage: Stage, key: str) -> None:
        entry = self._known.restored(key)
        if not entry and not self._known.was_made(key):
            entry = await self._find(stage, as_volume(stage.name), key)
        if entry:
            self._volumes[stage.name] = entry

    async def _find(self, stage: Stage, name: str, key: str) -> Entry | None:
        try:
            return await self._store.find(name, key)
        except (Absent, Unusable) as error:
            self._without(stage.name, name, error)
            return None

    def _forms(self, stage: Stage, key: str) -> Iterator[tuple[str, str]]:
        """Yield under which names and keys a stage's result may be kept, the best first."""
        if self._store.layers and stage.layers:
            yield as_layers(stage.name), of_layers(key, stage.layers)
        if stage.kept:
            yield stage.name, key

    def _content(self, name: str) -> dagger.Container:
        entry = self._entries[name]
        return self._store.content(entry, self._graph.stage(name).layers if entry.is_layers else None)

    async def _pull(self, entry: Entry) -> None:
        if entry.content not in self._pulled:
            await self._store.pull(entry)
            self._pulled.add(entry.content)

    def _without(self, stage: str, name: str, error: Absent | Unusable) -> None:
        if isinstance(error, Absent):
            self._absent.add(name)
        else:
            self._troubles[stage] = str(error)
