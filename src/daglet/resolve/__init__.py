"""What each field of the served API does: a function from a node and its arguments to a node or a value.

Fields that make a node from another are pure. Fields that give a plain value ask the evaluator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daglet import operations as ops
from daglet.resolve import configuration, container, directory, file, session, settings, tree, values  # noqa: F401 - each fills the table
from daglet.resolve.table import FIELDS, Resolver

__all__ = ["FIELDS", "kind_of", "served"]


def served(kind: str, field: str) -> Resolver | None:
    """Return what serves a field, None if it needs a Dagger Engine."""
    return FIELDS.get(kind, {}).get(field)


def kind_of(value: object) -> str:
    """Return the name of a value's type in the API."""
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return kind
    msg = f"{value!r} is no value of the API"
    raise TypeError(msg)


_KINDS: Mapping[str, type[Any]] = {
    "Container": ops.Container,
    "Directory": ops.Directory,
    "File": ops.File,
    "CacheVolume": ops.CacheVolume,
    "Secret": ops.Secret,
    "Host": session.HostRoot,
    "Stat": directory.Stat,
}
