"""Pins: what each base was resolved to, by version and checksum. A lockfile shares them, a user's cache remembers them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.bases.errors import LockError
from pipeline.files import write_text_atomic

LOCK_NAME = "pipeline.lock"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Pins:
    """Pins by what they stand for ("node/22/linux/amd64"), all from one origin ("packages" or "hub")."""

    origin: str = ""
    entries: Mapping[str, Any] = field(default_factory=dict)

    def with_entries(self, entries: Mapping[str, Any], origin: str) -> Pins:
        """Return the pins with some added."""
        return Pins(origin, {**self.entries, **entries})


def read(path: Path) -> Pins:
    """Read pins; an absent file holds none.

    Raises
    ------
    LockError
        If the file is no lockfile of this version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != _VERSION:
            msg = f"{path.name} was written by another version of pipeline"
            raise LockError(msg, hint="`pipeline lock` writes it again")
        return Pins(str(data["from"]), dict(data["pins"]))
    except FileNotFoundError:
        return Pins()
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} cannot be read: {error}"
        raise LockError(msg, hint="`pipeline lock` writes it again") from error


def write(path: Path, pins: Pins) -> None:
    """Write pins, sorted, so that a change of one is one line of a diff."""
    data = {"version": _VERSION, "from": pins.origin, "pins": pins.entries}
    write_text_atomic(path, json.dumps(data, indent=2, sort_keys=True) + "\n")
