"""What a shared cache of stages holds: listed, and pruned of what is old."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio

from pipeline.registry.client import Client
from pipeline.registry.errors import NotFound, RegistryError

LABEL = "io.pipeline.cache."
"""What the labels of a cache's images begin with."""

CONTENT = ".content"
"""What the tag of a stage's content has behind that of its note."""

_AT_ONCE = 8
_BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A stage's result in a registry: the tag of its note, when it was written, and its size in bytes.

    What another one has, too, is counted with both. One without a note, or whose note tells no time, is as old as can be.
    """

    tag: str
    written: datetime
    size: int


async def listed(client: Client, repository: str) -> list[Kept]:
    """Return what is kept in a repository, the newest first.

    Raises
    ------
    RegistryError
        If the registry refuses or does not answer.
    """
    try:
        tags = (await client.run("tag", "ls", repository, repository=repository)).split()
    except NotFound:
        return []
    found: list[Kept] = []
    limit = anyio.CapacityLimiter(_AT_ONCE)

    async def look(tag: str) -> None:
        async with limit:
            found.append(Kept(tag, await _written(client, repository, tag), await _size(client, repository, tag)))

    async with anyio.create_task_group() as group:
        for tag in sorted({tag.removesuffix(CONTENT) for tag in tags}):
            group.start_soon(look, tag)
    return sorted(found, key=lambda item: (item.written, item.tag), reverse=True)


async def prune(client: Client, repository: str, age: timedelta) -> list[Kept]:
    """Remove what was written longer ago than an age, and return it. Disk space is the registry's own garbage collection's.

    Raises
    ------
    RegistryError
        If the registry refuses: many do unless removal is switched on.
    """
    old = [item for item in await listed(client, repository) if datetime.now(UTC) - item.written > age]
    for item in old:
        # The note first: then nothing leads to content that is gone.
        for tag in (item.tag, f"{item.tag}{CONTENT}"):
            words = ("manifest", "delete", "--force-tag-dereference", "--ignore-missing", f"{repository}:{tag}")
            await client.run(*words, repository=repository)
    return old


def as_text(kept: Sequence[Kept]) -> str:
    """Return entries for people, one a line."""
    return "".join(f"{item.written:%Y-%m-%d %H:%M}  {item.size / _BYTES_PER_MB:8.2f} MB  {item.tag}\n" for item in kept)


async def _written(client: Client, repository: str, tag: str) -> datetime:
    labels = (await _document(client, repository, "image", "inspect", tag)).get("config", {}).get("Labels") or {}
    try:
        return datetime.fromisoformat(str(labels.get(f"{LABEL}created")))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


async def _size(client: Client, repository: str, tag: str) -> int:
    manifest = await _document(client, repository, "manifest", "get", f"{tag}{CONTENT}", "--format", "raw-body")
    return sum(int(layer["size"]) for layer in manifest.get("layers", ()))


async def _document(client: Client, repository: str, *words: str) -> dict[str, Any]:
    kind, verb, tag, *rest = words
    try:
        found = json.loads(await client.run(kind, verb, f"{repository}:{tag}", *rest, repository=repository))
    except (RegistryError, ValueError):
        # Somebody else may be removing it meanwhile.
        return {}
    return found if isinstance(found, dict) else {}
