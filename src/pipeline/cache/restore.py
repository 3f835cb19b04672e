"""What of a service's stages is taken from the registry: from the images backwards, no further than is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import anyio
import dagger
from anyio.abc import TaskGroup

from pipeline.cache.entry import Entry
from pipeline.cache.keys import keys
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
        The stages that were looked for and that the registry has nothing usable of.
    troubles:
        Why the registry could not be used, by stage.
    """

    graph: ServiceGraph
    whole: ServiceGraph
    entries: Mapping[str, Entry] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    absent: Collection[str] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)


async def restore(
    project: Project, whole: ServiceGraph, run: str, records: Mapping[str, InputRecord], store: Store, known: Known
) -> Restored:
    """Look for a service's stages in the registry, and take what there is.

    Parameters
    ----------
    known:
        What this machine's engine has made before: it is not asked for.
    """
    found = keys(whole, records, default_platform(), version("pipeline"))
    search = _Search(whole, found, store, known)
    await search.go()
    graph = project.graph(whole.service, run, search.containers)
    needed = graph.needed(search.entries)
    pruned = ServiceGraph(
        graph.service, graph.kind, tuple(stage for stage in graph.stages if stage.name in needed), graph.images
    )
    return Restored(pruned, whole, search.entries, found, search.absent, search.troubles)


class _Search:
    """One service's questions to the registry."""

    def __init__(self, graph: ServiceGraph, found: Mapping[str, str], store: Store, known: Known) -> None:
        self._graph, self._keys, self._store, self._known = graph, found, store, known
        self._asked: set[str] = set()
        self._decided: set[str] = set()
        self.entries: dict[str, Entry] = {}
        self.containers: dict[str, dagger.Container] = {}
        self.absent: set[str] = set()
        self.troubles: dict[str, str] = {}

    async def go(self) -> None:
        """Ask for one level of the graph after the other, each level's stages at the same time.

        What the registry knows is pulled while the next level is asked for. What then cannot be had is decided anew.
        """
        async with anyio.create_task_group() as pulls:
            await self._advance(pulls)

    async def _advance(self, pulls: TaskGroup) -> None:
        while stages := self._next():
            names = {stage.name for stage in stages}
            self._asked |= names
            async with anyio.create_task_group() as group:
                for stage in stages:
                    group.start_soon(self._ask, stage, pulls)
            self._decided |= names

    def _next(self) -> list[Stage]:
        """Return the stages that are needed for certain and that nobody has asked for yet."""
        needed = self._graph.needed(self.entries)
        return [
            stage
            for stage in self._graph.stages
            if stage.name in needed - self._asked
            and all(
                other.name in self._decided
                for other in self._graph.stages
                if stage.name in other.needs and other.name in needed
            )
        ]

    async def _ask(self, stage: Stage, pulls: TaskGroup) -> None:
        key = self._keys.get(stage.name)
        if not stage.kept or not key or self._known.was_made(key):
            return
        try:
            entry = self._known.restored(key) or await self._store.find(stage.name, key)
        except (Absent, Unusable) as error:
            self._without(stage, error)
        else:
            self.entries[stage.name] = entry
            pulls.start_soon(self._pull, stage, entry, pulls)

    async def _pull(self, stage: Stage, entry: Entry, pulls: TaskGroup) -> None:
        try:
            self.containers[stage.name] = await self._store.content(entry)
        except (Absent, Unusable) as error:
            del self.entries[stage.name]
            self._without(stage, error)
            await self._advance(pulls)

    def _without(self, stage: Stage, error: Absent | Unusable) -> None:
        if isinstance(error, Absent):
            self.absent.add(stage.name)
        else:
            self.troubles[stage.name] = str(error)
