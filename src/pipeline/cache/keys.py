"""The key of a stage: a hash of all that decides its result, known without running anything.

A stage's key holds those of the stages that it needs. A stage whose inputs nobody can tell for certain has none, and
neither has one that needs it: a function of the user's own, a base without a digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from pipeline.facts import InputRecord
from pipeline.graph import Layers, ServiceGraph, Stage, Volume

_FORMAT = 3
"""Raised when the same inputs give another result, or a result is kept otherwise."""

_NOTHING = "scratch"
"""What a stage is said to start from that starts from nothing."""


def keys(graph: ServiceGraph, records: Mapping[str, InputRecord], platform: str, version: str) -> dict[str, str]:
    """Return the keys of a graph's stages, by stage; a stage without one is missing.

    Parameters
    ----------
    records:
        The stages' inputs, with the content of their files.
    platform:
        The platform that commands run on.
    version:
        Our own version: what it makes of a service's files may change with it.
    """
    found: dict[str, str] = {}
    for stage in graph.stages:
        if not _is_opaque(stage) and all(need in found for need in stage.needs):
            found[stage.name] = _key(stage, records[stage.name], [found[need] for need in stage.needs], (platform, version))
    return found


def of_layers(key: str, layers: Layers) -> str:
    """Return the key of a stage's result as layers of an image, which have a base of their own below them."""
    return hashlib.sha256(json.dumps([key, layers.base, layers.platform]).encode()).hexdigest()


def of_volume(needs: Sequence[str], volume: Volume) -> str:
    """Return the key of what a stage leaves in its cache volume, after stages with these keys."""
    return hashlib.sha256(json.dumps([_FORMAT, needs, sorted(volume.inputs.items())]).encode()).hexdigest()


def _is_opaque(stage: Stage) -> bool:
    unknown_base = stage.inputs.base not in {"", _NOTHING} and not stage.inputs.digest
    return unknown_base or (stage.runs and stage.kept is None)


def _key(stage: Stage, record: InputRecord, needs: list[str], ours: tuple[str, ...]) -> str:
    kept = stage.kept
    text = json.dumps(
        [
            _FORMAT,
            ours,
            needs,
            stage.inputs.digest,
            stage.inputs.command,
            sorted(stage.inputs.variables.items()),
            sorted(stage.inputs.surroundings.items()),
            sorted(record.files.items()),
            [kept.folders, kept.files, kept.exclude, kept.starts, sorted(kept.beside)] if kept else [],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()
