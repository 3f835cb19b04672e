"""Results of stages in a registry, so that a runner with an empty engine restores what another one has made (O6).

Of a stage whose key the registry knows, that which later stages need is taken from there in the place of running it.
Everything goes through the Dagger API, so either engine does it. Reading never fails a build.
"""

from __future__ import annotations

from pipeline.cache.known import Known
from pipeline.cache.restore import Restored, restore
from pipeline.cache.store import Store
from pipeline.cache.write import write

__all__ = ["Known", "Restored", "Store", "restore", "write"]
