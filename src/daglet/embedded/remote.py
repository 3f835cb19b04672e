"""BuildKits that others run: reached at their addresses, with certificates where they ask for them."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from daglet.buildctl import client_environment
from daglet.embedded import probe, state, tools
from daglet.embedded.errors import NoHost
from daglet.embedded.layout import Layout
from daglet.embedded.tools import OnStep, Tools
from daglet.host import own_platform

_SECONDS = 15.0
"""How long a BuildKit has to answer."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A BuildKit that answers.

    Parameters
    ----------
    version, platform:
        What it said of itself; the platform is the one that it runs commands for unless told otherwise.
    identity:
        What its state is known by.
    credentials:
        The arguments of buildctl's with what a client proves itself with.
    """

    address: str
    buildctl: Path
    shim: Path
    version: str
    platform: str
    identity: str
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What client and server prove themselves with, under the names that buildctl has for it; "" for what is not needed.

    Parameters
    ----------
    tlscacert:
        The file of the authority that the server's certificate is from.
    tlscert, tlskey:
        The files of the client's own certificate and key.
    tlsservername:
        The name that the server's certificate is for, if it is not the address's.
    """

    tlscacert: str = ""
    tlscert: str = ""
    tlskey: str = ""
    tlsservername: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of buildctl's."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return tuple(f"--{name}={value}" for name, value in given.items() if value)


async def reach(layout: Layout, addresses: Sequence[str], credentials: Credentials, on_step: OnStep) -> tuple[Engine, ...]:
    """Return the BuildKits at addresses, in their order. One of several that does not answer is left out, and told.

    Raises
    ------
    NoHost
        If an address leads nowhere, or none of the BuildKits can be used.
    EngineError
        If the state of the session cannot be kept.
    """
    found = await tools.client(layout.cache, on_step)
    engines: dict[str, Engine] = {}
    reasons: dict[str, str] = {}

    async def ask(address: str) -> None:
        try:
            engines[address] = await at(found, address, credentials)
        except Unusable as error:
            reasons[address] = str(error)

    for address in addresses:
        await anyio.to_thread.run_sync(_check_name, address)
    async with anyio.create_task_group() as group:
        for address in addresses:
            group.start_soon(ask, address)
    told = [f"{address}: {reasons[address]}" for address in addresses if address in reasons]
    if not engines:
        msg = f"no BuildKit can be used: {'; '.join(told)}"
        raise NoHost(msg)
    for line in told:
        on_step(f"left out: {line}")
    state.make(layout.state)
    return tuple(engines[address] for address in addresses if address in engines)


class Unusable(Exception):
    """A BuildKit does not answer, or cannot run what this machine asks of it."""


async def at(found: Tools, address: str, credentials: Credentials) -> Engine:
    """Return the BuildKit at an address.

    Raises
    ------
    Unusable
        If it does not answer, or cannot run what this machine asks of it.
    """
    try:
        answer = await probe.ask(found.buildctl, address, client_environment(), _SECONDS, credentials.arguments)
    except probe.NoAnswer as error:
        msg = f"no BuildKit answers there ({error})"
        raise Unusable(msg) from error
    if (ours := own_platform()) not in answer.platforms:
        msg = f"it runs commands for {answer.platforms[0]}, and what is prepared on this machine is for {ours}"
        raise Unusable(msg)
    platform, shown = answer.platforms[0], credentials.arguments
    return Engine(address, found.buildctl, found.shim, answer.version, platform, answer.identity, shown)


def _check_name(address: str) -> None:
    """Check that the name of an address stands for a machine: one that is misspelt is not one that is down."""
    place = urlsplit(address)
    if place.scheme != "tcp" or not place.hostname:
        return
    try:
        socket.getaddrinfo(place.hostname, place.port)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{address}: there is no such host ({reason})"
        raise NoHost(msg) from error
