"""The table of served fields, and what those who fill it share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Resolver = Callable[..., Any | Awaitable[Any]]

FIELDS: dict[str, dict[str, Resolver]] = {}
"""The served fields, by type and name."""

PERMISSIONS = 0o777
"""What a Dagger Engine takes of a mode that is asked for: no set-user-ID, set-group-ID or sticky bit."""


def serves(kind: str, field: str) -> Callable[[Resolver], Resolver]:
    """Enter a function into the table as what serves a field."""

    def register(resolver: Resolver) -> Resolver:
        FIELDS.setdefault(kind, {})[field] = resolver
        return resolver

    return register
