"""Results of stages in a registry, so that a runner with an empty engine restores what another one has made (O6).

Of a stage whose key the registry knows, that which later stages need is taken from there in the place of running it.
Everything goes through the Dagger API, so either engine does it. Reading never fails a build.
"""

from __future__ import annotations

from collections.abc import Callable

import dagger

from pipeline.cache.known import Known
from pipeline.cache.restore import Restored, Search
from pipeline.cache.store import Store
from pipeline.cache.write import write
from pipeline.project import Project
from pipeline.registry.reference import cache_repository

__all__ = ["Known", "Restored", "Search", "Store", "of", "write"]


async def of(project: Project, tell: Callable[[str], None], *, layers: bool = False) -> Store | None:
    """Return the shared cache that a project's configuration names.

    None if it names none, or if the secret that it names is not there, which CI keeps from other people's branches. That is
    told: without it no entry can be told from a forged one.

    Parameters
    ----------
    layers:
        Whether the engine passes on an image's layers as they are.
    """
    settings = project.config.cache
    if not settings.registry:
        return None
    secret = await _text(project.secret(settings.secret)) if settings.secret else ""
    if settings.secret and not secret:
        tell(f"cache: not used, since {settings.secret} is not there or empty and no entry can be checked without it")
        return None
    return Store(cache_repository(settings.registry), secret, settings.write, settings.timeout, layers)


async def _text(secret: dagger.Secret) -> str:
    try:
        return (await secret.plaintext()).strip()
    except dagger.QueryError:
        return ""
