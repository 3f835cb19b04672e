"""Keeping in the registry what it was asked for and did not have."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

import anyio

from pipeline.cache.entry import as_layers, as_volume
from pipeline.cache.keys import of_layers
from pipeline.cache.restore import Restored
from pipeline.cache.store import Store, Unusable
from pipeline.graph import Stage


async def write(store: Store, restored: Restored, seconds: Mapping[str, float]) -> dict[str, str]:
    """Write the results of stages that the registry lacks; return why that failed, by stage.

    Parameters
    ----------
    seconds:
        How long the commands of stages took, by stage, here or where they ran; of an image's last stage all of them together.
    """
    troubles: dict[str, str] = {}

    async def told(stage: Stage, writing: Awaitable[None]) -> None:
        try:
            await writing
        except Unusable as error:
            troubles[stage.name] = str(error)

    async with anyio.create_task_group() as group:
        for stage in restored.graph.stages:
            name, key = stage.name, restored.keys.get(stage.name, "")
            if as_layers(name) in restored.absent and stage.layers:
                own = of_layers(key, stage.layers)
                group.start_soon(told, stage, store.write_layers(name, own, stage.layers.made(), seconds[name]))
            elif name in restored.absent and stage.kept:
                group.start_soon(told, stage, store.write(name, key, stage.container, stage.kept, seconds[name]))
            if as_volume(name) in restored.absent and stage.volume:
                own, left = restored.volume_keys[name], stage.volume
                group.start_soon(told, stage, store.write(as_volume(name), own, left.made, left.kept, seconds[name]))
    return troubles
