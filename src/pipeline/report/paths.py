"""Ways through a service's stages: the longest one is what the others wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.report.model import StageResult


def longest(stages: Sequence[StageResult], weight: Callable[[StageResult], float]) -> tuple[tuple[str, ...], float]:
    """Return the stages of the longest way through a service, first to last, and its length.

    Parameters
    ----------
    stages:
        Each after those that it needs. A need that is none of them counts for nothing.
    weight:
        The length of a stage.
    """
    lengths: dict[str, float] = {}
    before: dict[str, str] = {}
    for stage in stages:
        known = [need for need in stage.needs if need in lengths]
        if known:
            before[stage.name] = max(known, key=lengths.__getitem__)
        lengths[stage.name] = weight(stage) + max((lengths[need] for need in known), default=0.0)
    if not lengths:
        return (), 0.0
    last = max(lengths, key=lengths.__getitem__)
    way = [last]
    while way[-1] in before:
        way.append(before[way[-1]])
    return tuple(reversed(way)), lengths[last]
