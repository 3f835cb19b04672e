"""BuildKits on other machines: which service is built on which of them, and where each was built in the end.

A service keeps to one host, for what lies in that host's cache: the one that built it last, as the record tells, else one
that follows from the names alone, so that machines without a record agree. No host gets much more than its share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config import Engine
    from pipeline.history import Expected

CREDENTIALS = ("tlscacert", "tlscert", "tlskey", "tlsservername")
"""The keys with what a client proves itself with, as buildctl calls them."""

_FILES = CREDENTIALS[:3]
_SLACK = 1.25
"""How much more than its share of the work a host may get, before a service goes to one that does not have it in its cache."""


@dataclass(frozen=True, slots=True)
class Remote:
    """How BuildKits on other machines are reached.

    Parameters
    ----------
    hosts:
        Their addresses; none for the one that BUILDKIT_HOST names, or the embedded one.
    credentials:
        What a client proves itself with, by buildctl's names.
    places:
        The address where each service is to be built.
    """

    hosts: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """A host that was lost while it built a service, and why."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where services are built, as the engine's session tells it: the address of each one's host, and what it was moved from."""

    hosts: dict[str, str] = field(default_factory=dict)
    losses: dict[str, list[Loss]] = field(default_factory=dict)

    def note(self, service: str, host: str, lost: str, reason: str) -> None:
        """Take note of where a service is built from now on."""
        self.hosts[service] = host
        if lost:
            self.losses.setdefault(service, []).append(Loss(lost, reason))


def credentials(root: Path, settings: Engine) -> dict[str, str]:
    """Return what a client proves itself with, files by their absolute paths.

    Raises
    ------
    UsageError
        If a file cannot be read.
    """
    given = {name: value for name in CREDENTIALS if (value := getattr(settings, name))}
    for name in _FILES:
        if name in given:
            path = root / given[name]
            try:
                path.read_bytes()
            except OSError as error:
                msg = f"{given[name]} cannot be read: {error.strerror}"
                hint = "name a PEM file, relative to the repository or absolute"
                raise UsageError(msg, key=f"engine.{name}", hint=hint) from None
            given[name] = str(path)
    return given


def place(services: Sequence[str], hosts: Sequence[str], expected: Mapping[str, Expected]) -> dict[str, str]:
    """Return the host of each service.

    Parameters
    ----------
    services:
        All services of the repository, whichever of them are built: then it makes no difference.
    expected:
        What recorded runs say of services; the others count as their mean.
    """
    known = [expected[name].seconds for name in services if name in expected]
    usual = sum(known) / len(known) if known else 1.0
    weights = {name: expected[name].seconds if name in expected else usual for name in services}
    limit = _SLACK * sum(weights.values()) / len(hosts)
    loads = dict.fromkeys(hosts, 0.0)
    found: dict[str, str] = {}
    for name in sorted(services, key=lambda name: (-weights[name], name)):
        last = [expected[name].host] if name in expected and expected[name].host in loads else []
        wanted = [*last, *sorted(hosts, key=lambda host: _rank(name, host))]
        fitting = (host for host in wanted if loads[host] + weights[name] <= limit)
        found[name] = next(fitting, min(wanted, key=lambda host: loads[host]))
        loads[found[name]] += weights[name]
    return found


def _rank(service: str, host: str) -> bytes:
    """Return what orders hosts for a service: a host that comes or goes changes the places of no others' services."""
    return hashlib.sha256(f"{service}\0{host}".encode()).digest()
