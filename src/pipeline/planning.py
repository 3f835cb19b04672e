"""A plan: the graph as it would be built, with official images in the place of bases, and without asking any engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dagger import dag

from pipeline import engine
from pipeline.bases import LOCK_NAME, Base, BaseRequest, BaseSet, Settings, hub, locked
from pipeline.config import Config
from pipeline.detect import GoService, NodeService
from pipeline.graph import ServiceGraph
from pipeline.project import Project, base_requests, base_settings
from pipeline.stages.context import BaseImages, HostSettings


def planned(root: Path, config: Config, services: dict[str, NodeService | GoService]) -> Project:
    """Return a project whose stages can be looked at, but whose bases are named by their addresses alone.

    Raises
    ------
    LockError
        If there is a lockfile that does not fit.
    """
    settings = base_settings(config)
    pins = locked(root / LOCK_NAME, settings)
    addresses = pins.entries if pins.origin == "hub" else {}
    bases = tuple(_base(request, settings, addresses) for request in base_requests(config, services))
    return Project(
        root=root,
        source=dag.host().directory(str(root)),
        config=config,
        services=services,
        bases=BaseImages(BaseSet(None, bases), None),
        host=HostSettings(),
        labels={},
    )


def _base(request: BaseRequest, settings: Settings, pins: Mapping[str, str]) -> Base:
    if named := hub.override(request, settings):
        return Base(request, "address", named, named.partition("@")[2], address=named)
    return hub.base(request, settings, pins)


async def dockerfiles(graphs: Sequence[ServiceGraph]) -> str:
    """Return the Dockerfiles of services, one after the other."""
    plans = await engine.dockerfiles([graph.images[0] for graph in graphs])
    return "\n".join(f"# --- {graph.service}\n{plan}" for graph, plan in zip(graphs, plans, strict=True))
