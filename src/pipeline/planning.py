"""A plan: the graph as it would be built, with official images in the place of bases, and without asking any engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import dagger
from dagger import dag

from pipeline import engine, graph
from pipeline.bases import LOCK_NAME, Base, BaseRequest, BaseSet, Settings, hub, locked
from pipeline.config import Config
from pipeline.detect import GoService, NodeService, found
from pipeline.project import Project, base_requests, base_settings, host_secrets
from pipeline.stages.context import BaseImages, HostSettings


def planned(root: Path, config: Config, services: dict[str, NodeService | GoService], source: dagger.Directory) -> Project:
    """Return a project whose stages can be looked at, but whose bases are named by their addresses alone.

    Parameters
    ----------
    source:
        The repository at `root`, as an engine would see it.

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
        source=source,
        config=config,
        services=services,
        bases=BaseImages(BaseSet(None, bases), None),
        host=HostSettings(),
        secret=host_secrets(root),
    )


def _base(request: BaseRequest, settings: Settings, pins: Mapping[str, str]) -> Base:
    if named := hub.override(request, settings):
        return Base(request, "address", named, named.partition("@")[2], address=named)
    return hub.base(request, settings, pins)


def host_directory(root: Path) -> dagger.Directory:
    """Return a folder of this machine's, as an engine sees it."""
    return dag.host().directory(str(root))


def described(project: Project, form: str) -> str:
    """Return the stages of all services, and where the settings of each come from, as "text", "json" or "mermaid"."""
    services = list(project.services.values())
    graphs = [project.graph(name) for name in project.services]
    match form:
        case "json":
            data = [
                {**item, "settings": found.as_data(service.settings)}
                for item, service in zip(graph.as_data(graphs), services, strict=True)
            ]
            return json.dumps(data, indent=2) + "\n"
        case "mermaid":
            return graph.as_mermaid(graphs)
        case _:
            parts = [
                f"{graph.as_text([item])}\n{found.as_text(service.settings)}"
                for item, service in zip(graphs, services, strict=True)
            ]
            return "\n".join(parts)


async def dockerfiles(project: Project) -> str:
    """Return the Dockerfiles of all services, one after the other."""
    graphs = [project.graph(name) for name in project.services]
    plans = await engine.dockerfiles([item.images[0] for item in graphs])
    return "\n".join(f"# --- {item.service}\n{plan}" for item, plan in zip(graphs, plans, strict=True))
