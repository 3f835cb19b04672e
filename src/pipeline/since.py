"""Which services are to be built since a commit: those of which a stage's inputs, or what an image is made with, differ from then.

The repository is laid out as it was, and its stages are made again. Two graphs are compared, and no list of paths: a service
is built when what its own stages declare has changed, and for nothing else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from pipeline import facts, vcs
from pipeline.bases import LOCK_NAME
from pipeline.detect import GoService
from pipeline.errors import PipelineError
from pipeline.graph import Stage
from pipeline.project import Project, base_requests, base_settings

if TYPE_CHECKING:
    import dagger

    from pipeline.repository import Repository

_AT_ONCE = 16
_NOT_COMPARED = "settings"
"""The field of a service that says where its values were found: a line that moved changes no image."""


async def changed(
    project: Project, ref: str, read: Callable[[Path], Repository], directory: Callable[[Path], dagger.Directory]
) -> dict[str, str]:
    """Return why each service that is to be built is, by service; the others are as they were at the commit.

    Parameters
    ----------
    read:
        Reads a repository from a folder, as the one at hand was read.
    directory:
        Returns a folder of this machine's as the engine sees it.

    Raises
    ------
    UsageError
        If there is no such commit.
    """
    commit = await anyio.to_thread.run_sync(vcs.commit, project.root, ref)
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        then, scratch = Path(folder, "then"), Path(folder, "scratch")
        try:
            await anyio.to_thread.run_sync(vcs.lay_out, project.root, commit, then)
            before = read(then)
        except PipelineError as error:
            return dict.fromkeys(project.services, f"at {ref} there is nothing to compare with: {error.message}")
        earlier = replace(project, root=then, source=directory(then), config=before.config, services=before.services)
        found: dict[str, str] = {}
        limit = anyio.CapacityLimiter(_AT_ONCE)

        async def one(name: str) -> None:
            async with limit:
                found[name] = await _difference(project, earlier, name, scratch / name)

        async with anyio.create_task_group() as group:
            for name in project.services:
                group.start_soon(one, name)
    return {name: found[name] for name in project.services if found[name]}


async def _difference(project: Project, earlier: Project, name: str, scratch: Path) -> str:
    """Return how a service differs from what it was, "" if it does not."""
    now, then = project.services[name], earlier.services.get(name)
    if then is None:
        return "it is new"
    if beside := [path for path in _beside(project, name) if _content(project.root / path) != _content(earlier.root / path)]:
        return f"file: {', '.join(beside)}"
    if different := _settings(project, name).items() ^ _settings(earlier, name).items():
        return min(different)[0]
    stages = {stage.name: stage for stage in earlier.graph(name, "since").stages}
    for stage in project.graph(name, "since").stages:
        before = stages.get(stage.name)
        if why := await _stage_difference(stage, before, scratch) if before else "it is new":
            return f"stage {stage.name}: {why}"
    if project.config.services[name] != earlier.config.services[name]:
        return f"settings of {name}"
    differing = [
        field.name
        for field in fields(now)
        if field.name != _NOT_COMPARED and getattr(now, field.name) != getattr(then, field.name, None)
    ]
    return ", ".join(differing)


def _settings(project: Project, name: str) -> dict[str, str]:
    """Return what decides about a service's image and is in no stage of these graphs, whose bases are the same, by name."""
    config = project.config
    bases = (base_settings(config), base_requests(config, {name: project.services[name]}))
    return {"bases": repr(bases), "compression": config.compression}


def _beside(project: Project, name: str) -> list[str]:
    """Return the files, relative to the repository, that decide about a service and that no stage takes in."""
    service = project.services[name]
    schema = [f"{service.place.path}/{service.schema}"] if isinstance(service, GoService) and service.schema else []
    functions = [place.rpartition(":")[0] for place in project.config.services[name].stages.values()]
    return [LOCK_NAME, *schema, *functions]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


async def _stage_difference(now: Stage, then: Stage, scratch: Path) -> str:
    # Trees of one digest need not be looked into.
    digests = {label: await directory.digest() for label, directory in now.inputs.sources.items()}
    before = await facts.record(then, facts.InputRecord(digests=digests), scratch / "then")
    after = await facts.record(now, facts.InputRecord(digests=before.digests), scratch / "now")
    return facts.difference(before, after) or ", ".join(facts.changed(then.inputs.surroundings, now.inputs.surroundings))
