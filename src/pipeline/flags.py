"""What the command line sets, apart from what checks it: `--help` needs no configuration's types, whose import takes time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line sets; None leaves the file's value."""

    max_parallel: int | None = None
    timeout: float | None = None
    platforms: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    registry: str = ""
    compression: str = ""
    cache_registry: str = ""
    cache_write: bool | None = None
