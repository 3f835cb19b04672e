"""Keeping in the registry what it was asked for and did not have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import anyio

from pipeline.cache.restore import Restored
from pipeline.cache.store import Store, Unusable
from pipeline.graph import Stage


async def write(store: Store, restored: Restored, seconds: Mapping[str, float]) -> dict[str, str]:
    """Write the results of stages that the registry lacks; return why that failed, by stage.

    Parameters
    ----------
    seconds:
        How long the commands of stages took, by stage.
    """
    troubles: dict[str, str] = {}

    async def one(stage: Stage) -> None:
        if stage.kept:
            try:
                await store.write(stage.name, restored.keys[stage.name], stage.container, stage.kept, seconds[stage.name])
            except Unusable as error:
                troubles[stage.name] = str(error)

    async with anyio.create_task_group() as group:
        for stage in restored.graph.stages:
            if stage.name in restored.absent and stage.name in seconds:
                group.start_soon(partial(one, stage))
    return troubles
