"""Results of stages in a registry, so that a runner with an empty engine restores what another one has made (O6).

Of a stage whose key the registry knows, that which later stages need is taken from there in the place of running it.
Everything goes through the Dagger API, so either engine does it. Reading never fails a build.
"""

from __future__ import annotations

from pipeline.cache.known import Known
from pipeline.cache.restore import Restored, restore
from pipeline.cache.store import Store
from pipeline.cache.write import write
from pipeline.project import Project
from pipeline.registry.reference import cache_repository

__all__ = ["Known", "Restored", "Store", "of", "restore", "write"]


async def of(project: Project) -> Store | None:
    """Return the shared cache that a project's configuration names, None if it names none."""
    settings = project.config.cache
    if not settings.registry:
        return None
    secret = await project.secret(settings.secret).plaintext() if settings.secret else ""
    return Store(cache_repository(settings.registry), secret.strip(), settings.write, settings.timeout)
