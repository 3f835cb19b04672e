"""The user of an image at an address: an engine has its configuration, and tells of it only in how something was built from it.

Source: the BuildKit documentation of provenance attestations, in whose mode `max` every command is told with its user.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daglet import operations as ops

_STATEMENT = "provenance.json"
"""The file that an export has the attestation in."""


def asking(base: ops.FromAddress) -> ops.Directory:
    """Return what to build so that the engine tells of a base's user: what one command says, whether the base has it or not."""
    command = ops.Exec(("true",), expect="ANY", capture=True)
    return ops.ContainerDirectory(ops.ContainerStep(base, command), ops.CAPTURE_DIR)


def told(folder: Path) -> str:
    """Return the user that the only command ran as by which an export was made, "" for root."""
    statement = json.loads((folder / _STATEMENT).read_text())
    return next((str(meta.get("user") or "") for meta in _commands(statement)), "")


def _commands(value: Any) -> Iterator[dict[str, Any]]:
    """Yield what is told of commands, wherever that is: the format's versions differ."""
    if isinstance(value, dict) and isinstance(meta := value.get("meta"), dict) and "args" in meta:
        yield meta
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _commands(item)
