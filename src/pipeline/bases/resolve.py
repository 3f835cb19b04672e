"""From what is asked for to a set of bases: pinned by the lockfile, else as remembered, else as resolved now."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from pipeline.bases import hub, packages
from pipeline.bases.errors import BaseError, LockError
from pipeline.bases.lock import Pins, read, write
from pipeline.bases.model import Base, BaseRequest, BaseSet, Settings

_PROBE_SECONDS = 8

HubDigest = Callable[[str], Awaitable[str]]
"""Asks the engine which digest an address stands for; returns the address with it. Fails where the hub does not answer."""


async def resolve(
    requests: Sequence[BaseRequest],
    settings: Settings,
    *,
    lock: Path,
    cache: Path,
    hub_digest: HubDigest,
    on_step: Callable[[str], None],
    fresh: bool = False,
) -> BaseSet:
    """Return the bases for a run, assembled and pinned.

    Parameters
    ----------
    lock:
        The lockfile. Where there is none, pins are remembered in the cache, so that an unchanged build asks no registry.
    cache:
        A folder of the user's for archives, layers and downloads.
    fresh:
        Whether to pin anew what the registries offer now, and to write the lockfile.

    Raises
    ------
    BaseError
        If a base cannot be had.
    LockError
        If the lockfile was made for another origin.
    """
    memory = cache / "pins.json"
    async with _locked(cache):
        known = Pins() if fresh else read(lock) if lock.exists() else _remembered(memory)
        origin = await _origin(settings, known, lock, hub_digest, on_step)
        addressed = [request for request in requests if hub.override(request, settings)]
        rest = [request for request in requests if request not in addressed]
        bases = [await _named(request, settings, hub_digest) for request in addressed]
        if origin == "hub":
            pins, found = await _from_hub(rest, settings, known, hub_digest)
        else:
            pins, found = await _from_packages(rest, known, cache, on_step)
        if fresh or (lock.exists() and pins != known):
            write(lock, pins)
        elif pins != known:
            write(memory, pins)
        locked = "locked" if lock.exists() else f"not locked: `pipeline lock` writes {lock.name}"
        names = {"hub": f"official images of {settings.hub}", "packages": "assembled from packages"}
        result = BaseSet(cache / "bases", (*bases, *found), f"bases: {names[origin]} ({locked})")
        await anyio.to_thread.run_sync(result.save)
        return result


def _remembered(memory: Path) -> Pins:
    try:
        return read(memory)
    except LockError:
        return Pins()


async def _origin(settings: Settings, known: Pins, lock: Path, hub_digest: HubDigest, on_step: Callable[[str], None]) -> str:
    if settings.origin == "auto":
        if known.origin:
            return known.origin
        on_step("asking whether the hub answers")
        try:
            with anyio.fail_after(_PROBE_SECONDS):
                await hub_digest(f"{settings.hub}/{hub.PROBE}")
        except Exception:  # noqa: BLE001 - whatever keeps the hub from answering, packages are the way on
            return "packages"
        return "hub"
    if known.origin and known.origin != settings.origin and lock.exists():
        msg = f"{lock.name} pins bases from {known.origin}, but pipeline.toml asks for {settings.origin}"
        raise LockError(msg, hint="`pipeline lock` pins them anew; one lockfile never mixes the two")
    return settings.origin


async def _named(request: BaseRequest, settings: Settings, hub_digest: HubDigest) -> Base:
    address = hub.override(request, settings)
    pinned = address if "@sha256:" in address else await hub_digest(address)
    return Base(request, "address", address, pinned.rpartition("@")[2], address=pinned)


async def _from_hub(
    requests: Sequence[BaseRequest], settings: Settings, known: Pins, hub_digest: HubDigest
) -> tuple[Pins, list[Base]]:
    entries: dict[str, Any] = dict(known.entries) if known.origin == "hub" else {}
    bases: list[Base] = []
    for request in requests:
        address = hub.address(request, settings)
        if address not in entries:
            try:
                entries[address] = await hub_digest(address)
            except Exception as error:
                msg = f"the hub does not give {address}: {error}"
                raise BaseError(msg, hint='check the address, or assemble bases: `from = "packages"` under [bases]') from error
        pinned = str(entries[address])
        runtime = request.role == "node-runtime"
        bases.append(
            Base(
                request,
                "hub",
                address,
                pinned.rpartition("@")[2],
                address=pinned,
                files=hub.runtime_files(request.platform) if runtime else (),
                links=hub.runtime_links(request.platform) if runtime else (),
            )
        )
    return Pins("hub", entries), bases


async def _from_packages(
    requests: Sequence[BaseRequest], known: Pins, cache: Path, on_step: Callable[[str], None]
) -> tuple[Pins, list[Base]]:
    entries: dict[str, Any] = dict(known.entries) if known.origin == "packages" else {}
    missing = {part.key: part for request in requests for part in packages.parts(request, cache) if part.key not in entries}
    if missing:
        on_step("resolving packages for the bases")

    async def pin(part: packages.Part) -> None:
        entries[part.key] = await anyio.to_thread.run_sync(part.resolve)

    # apt keeps its index in one place for each architecture, so what shares it goes one after the other.
    for key in [key for key in missing if key.startswith("debian/")]:
        await pin(missing.pop(key))
    async with anyio.create_task_group() as group:
        for part in missing.values():
            group.start_soon(pin, part)
    return Pins("packages", entries), await _assembled(requests, entries, cache, on_step)


async def _assembled(
    requests: Sequence[BaseRequest], entries: Mapping[str, Any], cache: Path, on_step: Callable[[str], None]
) -> list[Base]:
    absent = [request for request in requests if not packages.archive_path(request, entries, cache).exists()]
    needed = {part.key: part for request in absent for part in packages.parts(request, cache)}
    if needed:
        on_step(f"assembling bases: {', '.join(f'{request.role} {request.version}'.strip() for request in absent)}")
    async with anyio.create_task_group() as group:
        for part in needed.values():
            group.start_soon(anyio.to_thread.run_sync, packages.make_part, part, entries[part.key], cache)
    return [await anyio.to_thread.run_sync(packages.assemble, request, entries, cache) for request in requests]


@asynccontextmanager
async def _locked(cache: Path) -> AsyncIterator[None]:
    """Hold the cache: two runs that assemble the same base would both do the work."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await anyio.sleep(0.1)
        yield
