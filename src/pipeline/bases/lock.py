"""Pins: what each base was resolved to, by version and checksum. A lockfile shares them, a user's cache remembers them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.bases.debian import Package
from pipeline.bases.errors import LockError
from pipeline.bases.golang import Toolchain
from pipeline.bases.node import NpmPackage
from pipeline.files import plain, write_text_atomic

LOCK_NAME = "pipeline.lock"
_VERSION = 1
_AGAIN = "`pipeline lock` writes it again"
_PINNED_ADDRESS = re.compile(r"\S+@sha256:[0-9a-f]{64}\Z")
_PACKAGES: Mapping[str, TypeAdapter[Any]] = {
    "debian": TypeAdapter(list[Package]),
    "go": TypeAdapter(Toolchain),
    **dict.fromkeys(("node", "node-headers", "npm"), TypeAdapter(NpmPackage)),
}
"""What a pin from packages holds, by the first part of its key."""


@dataclass(frozen=True, slots=True)
class Pins:
    """Pins by what they stand for ("node/22/linux/amd64"), all from one origin ("packages" or "hub")."""

    origin: str = ""
    entries: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> Pins:
    """Read pins; an absent file holds none.

    Raises
    ------
    LockError
        If the file is no lockfile of this version, or mixes origins.
    """
    try:
        data = json.loads(plain(path).read_text(encoding="utf-8"))
        if data["version"] != _VERSION:
            msg = f"{path.name} was written by another version of pipeline"
            raise LockError(msg, hint=_AGAIN)
        pins = Pins(str(data["from"]), dict(data["pins"]))
    except FileNotFoundError:
        return Pins()
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} cannot be read: {error}"
        raise LockError(msg, hint=_AGAIN) from error
    if pins.origin not in {"hub", "packages"}:
        msg = f"{path.name} says that its pins are from {pins.origin!r}, which is neither hub nor packages"
        raise LockError(msg, hint=_AGAIN)
    for key, pin in pins.entries.items():
        _check(path.name, pins.origin, key, pin)
    return pins


def _check(file: str, origin: str, key: str, pin: Any) -> None:
    from_hub = isinstance(pin, str) and bool(_PINNED_ADDRESS.match(pin))
    if not from_hub and not _is_package(key, pin):
        msg = f"{file}: what {key!r} stands for is no pin"
        raise LockError(msg, hint=_AGAIN)
    if origin != ("hub" if from_hub else "packages"):
        msg = f"{file} says that its pins are from {origin}, and {key!r} is not; one lockfile never mixes origins"
        raise LockError(msg, hint=_AGAIN)


def _is_package(key: str, pin: Any) -> bool:
    shape = _PACKAGES.get(key.partition("/")[0])
    try:
        return shape is not None and bool(shape.validate_python(pin))
    except ValidationError:
        return False


def write(path: Path, pins: Pins) -> None:
    """Write pins, sorted, so that a change of one is one line of a diff."""
    data = {"version": _VERSION, "from": pins.origin, "pins": pins.entries}
    write_text_atomic(path, json.dumps(data, indent=2, sort_keys=True) + "\n")
