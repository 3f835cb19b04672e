"""From what is asked for to a set of bases: pinned by the lockfile, else as remembered, else as resolved now."""

from __future__ import annotations

import fcntl
import hashlib
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
_ANSWER_SECONDS = 30

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
        The lockfile. Where there is none, pins are remembered in the cache, for equal settings, so that an unchanged build
        asks no registry.
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
    memory = _memory(settings, cache)
    async with _held(cache):
        known = Pins() if fresh else locked(lock, settings) if lock.exists() else _remembered(memory)
        origin, why = await _origin(settings, known, hub_digest, on_step)
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
        state = "locked" if lock.exists() else f"not locked: `pipeline lock` writes {lock.name}"
        names = {"hub": f"official images of {settings.hub}", "packages": "assembled from packages"}
        result = BaseSet(cache / "bases", (*bases, *found), f"bases: {names[origin]}{why} ({state})")
        await anyio.to_thread.run_sync(result.save)
        return result


def locked(lock: Path, settings: Settings) -> Pins:
    """Return the pins of a lockfile; none where there is no file.

    Raises
    ------
    LockError
        If the file is no lockfile, or was made for another origin than the settings ask for.
    """
    pins = read(lock)
    if pins.origin and settings.origin not in {"auto", pins.origin}:
        msg = f"{lock.name} pins bases from {pins.origin}, but pipeline.toml asks for {settings.origin}"
        raise LockError(msg, hint="`pipeline lock` pins them anew; one lockfile never mixes the two")
    return pins


def _memory(settings: Settings, cache: Path) -> Path:
    """Return the file of what was resolved for equal settings: what another repository asks for decides nothing here."""
    key = hashlib.sha256(f"{settings.origin}\0{settings.hub}".encode()).hexdigest()[:16]
    return cache / "pins" / f"{settings.origin}-{key}.json"


def _remembered(memory: Path) -> Pins:
    try:
        return read(memory)
    except LockError:
        return Pins()


async def _origin(settings: Settings, known: Pins, hub_digest: HubDigest, on_step: Callable[[str], None]) -> tuple[str, str]:
    """Return where bases come from, and why where that was just found out."""
    if settings.origin != "auto":
        return settings.origin, ""
    if known.origin:
        return known.origin, ""
    on_step(f"asking whether {settings.hub} answers")
    try:
        with anyio.fail_after(_PROBE_SECONDS):
            await hub_digest(f"{settings.hub}/{hub.PROBE}")
    except Exception:  # noqa: BLE001 - whatever keeps the hub from answering, packages are the way on
        return "packages", f", since {settings.hub} does not answer"
    return "hub", ""


async def _pinned(address: str, hub_digest: HubDigest, hint: str) -> str:
    try:
        with anyio.fail_after(_ANSWER_SECONDS):
            return await hub_digest(address)
    except TimeoutError:
        msg = f"no answer about {address} after {_ANSWER_SECONDS} s"
        raise BaseError(msg, hint=hint) from None
    except Exception as error:
        msg = f"there is no answer about {address}: {error}"
        raise BaseError(msg, hint=hint) from error


async def _named(request: BaseRequest, settings: Settings, hub_digest: HubDigest) -> Base:
    address = hub.override(request, settings)
    pinned = address if "@sha256:" in address else await _pinned(address, hub_digest, "check the address under [bases]")
    return Base(request, "address", address, pinned.rpartition("@")[2], address=pinned)


async def _from_hub(
    requests: Sequence[BaseRequest], settings: Settings, known: Pins, hub_digest: HubDigest
) -> tuple[Pins, list[Base]]:
    entries: dict[str, Any] = dict(known.entries) if known.origin == "hub" else {}
    for address in (hub.address(request, settings) for request in requests):
        if address not in entries:
            hint = 'check the address, or assemble bases: `from = "packages"` under [bases]'
            entries[address] = await _pinned(address, hub_digest, hint)
    return Pins("hub", entries), [hub.base(request, settings, entries) for request in requests]


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
async def _held(cache: Path) -> AsyncIterator[None]:
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
