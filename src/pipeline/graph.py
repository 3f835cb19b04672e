"""A service's stages and what each depends on, as data: what a plan shows and what a build carries out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import dagger

from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that can change a stage.

    Parameters
    ----------
    base:
        The image that the stage starts from, "" where it starts from another stage or from nothing.
    command:
        What the stage runs, empty for a stage of pure copies.
    variables:
        The variables that the command sees and that count: no secrets, no settings of the host.
    sources:
        The trees of the build context, by what to call them.
    contents:
        The content of files that the graph itself makes, by name.
    digest:
        The digest of the base, "" where it is not pinned.
    surroundings:
        What else the command meets and what follows from settings and from our own version, not from a file of the
        repository: the user, the working directory, the names of secrets, a package manager's variables.
    """

    base: str = ""
    command: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, dagger.Directory] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    surroundings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What later stages need of a stage that runs a command, by absolute paths.

    Parameters
    ----------
    exclude:
        Patterns of what is not needed of the folders, relative to each.
    starts:
        Whether later stages start from the stage's container, and not just copy from it.
    beside:
        Files that are not the command's work and are wanted with it, from where it cannot have changed them.
    timestamp:
        The time that files are given, in seconds since 1970: what is the same under another key is then the same layer, too.
        None leaves them theirs, where no other key is expected to have the same.
    """

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    starts: bool = False
    beside: Mapping[str, dagger.File] = field(default_factory=dict)
    timestamp: int | None = 0


@dataclass(frozen=True, slots=True)
class Layers:
    """An image's layers as far as those of a stage, which an engine passes on without unpacking them.

    Parameters
    ----------
    made:
        Returns an image of these layers, for whoever keeps them. What configuration it has does not count.
    base:
        The digest of what they lie on, if that is kept with them.
    """

    made: Callable[[], dagger.Container]
    base: str
    platform: str


@dataclass(frozen=True, slots=True)
class Volume:
    """What a stage's command leaves in its cache volume, and what makes it cheap the next time.

    Parameters
    ----------
    made:
        A container that has it, after the stage has run.
    kept:
        What of that container.
    inputs:
        What of the stage's inputs decides, beside the stages that it needs, whether it is of use.
    """

    made: dagger.Container
    kept: Kept
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: a node of the graph.

    Parameters
    ----------
    needs:
        The names of the stages that this one starts or copies from.
    container:
        The stage's result.
    kept:
        What of it would do in its place; None where nobody can tell.
    layers:
        The final image up to the stage's result; None where that is no layer of it, or where nobody can tell.
    volume:
        What is worth keeping of the stage's cache volume, if anything.
    """

    name: str
    needs: tuple[str, ...]
    container: dagger.Container
    inputs: Inputs
    kept: Kept | None = None
    layers: Layers | None = None
    volume: Volume | None = None

    @property
    def runs(self) -> bool:
        """Whether the stage runs a command; one that does not is made of copies alone."""
        return bool(self.inputs.command)


@dataclass(frozen=True, slots=True)
class ServiceGraph:
    """The stages of one service, each after those it needs.

    Parameters
    ----------
    images:
        The final image, one for each platform.
    """

    service: str
    kind: str
    stages: tuple[Stage, ...]
    images: tuple[dagger.Container, ...]

    def stage(self, name: str) -> Stage:
        """Return a stage by its name.

        Raises
        ------
        UsageError
            If the service has no such stage.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        names = ", ".join(stage.name for stage in self.stages)
        msg = f"no stage {name!r}"
        raise UsageError(msg, service=self.service, hint=f"its stages are {names}")

    def up_to(self, name: str) -> ServiceGraph:
        """Return the part of the graph that ends with a stage."""
        end = self.stage(name)
        wanted = {name}
        for stage in reversed(self.stages):
            if stage.name in wanted:
                wanted.update(stage.needs)
        kept = tuple(stage for stage in self.stages if stage.name in wanted)
        return ServiceGraph(self.service, self.kind, kept, (end.container,))

    def needed(self, done: Collection[str]) -> frozenset[str]:
        """Return the stages that the images need where some stages' results are there already."""
        last = {stage.name for stage in self.stages} - {need for stage in self.stages for need in stage.needs}
        found: set[str] = set()
        for stage in reversed(self.stages):
            if stage.name in last or any(stage.name in self.stage(name).needs for name in found if self._leads_on(name, done)):
                found.add(stage.name)
        return frozenset(found)

    def _leads_on(self, name: str, done: Collection[str]) -> bool:
        """Whether a stage that is needed needs others: one whose result is there does so only if it is laid over them."""
        kept = self.stage(name).kept
        return name not in done or (kept is not None and kept.starts)


def as_text(graphs: Iterable[ServiceGraph]) -> str:
    """Return the graphs for people: a line a stage, with what it needs and what it runs."""
    lines: list[str] = []
    for graph in graphs:
        lines += [*([""] if lines else []), f"{graph.service} ({graph.kind})"]
        width = max(len(stage.name) for stage in graph.stages)
        for stage in graph.stages:
            lines.append(f"  {stage.name:<{width}}  {_takes(stage)}")
            if stage.runs:
                lines.append(f"  {'':<{width}}  runs {_one_line(stage.inputs.command)}")
    return "\n".join(lines) + "\n"


def as_data(graphs: Iterable[ServiceGraph]) -> list[dict[str, object]]:
    """Return the graphs as plain data, for JSON."""
    return [
        {
            "service_name": graph.service,
            "kind": graph.kind,
            "stages": [
                {
                    "name": stage.name,
                    "needs": list(stage.needs),
                    "base": stage.inputs.base,
                    "command": list(stage.inputs.command),
                    "variables": dict(stage.inputs.variables),
                    "sources": sorted([*stage.inputs.sources, *stage.inputs.contents]),
                }
                for stage in graph.stages
            ],
        }
        for graph in graphs
    ]


def as_mermaid(graphs: Iterable[ServiceGraph]) -> str:
    """Return the graphs as a Mermaid flow chart."""
    lines = ["flowchart LR"]
    for number, graph in enumerate(graphs):
        lines.append(f'  subgraph s{number}["{graph.service}"]')
        for stage in graph.stages:
            lines.append(f'    s{number}_{_node(stage.name)}["{stage.name}"]')
            lines += [f"    s{number}_{_node(need)} --> s{number}_{_node(stage.name)}" for need in stage.needs]
        lines.append("  end")
    return "\n".join(lines) + "\n"


def _takes(stage: Stage) -> str:
    taken = [*stage.needs, *sorted([*stage.inputs.sources, *stage.inputs.contents])]
    if stage.inputs.base:
        taken.insert(0, stage.inputs.base)
    return "<- " + ", ".join(taken)


def _one_line(command: tuple[str, ...]) -> str:
    """Return a command for people: of a script its first line."""
    return command[2].partition("\n")[0] if command[:1] == ("sh",) else " ".join(command)


def _node(name: str) -> str:
    return name.replace("-", "_")
