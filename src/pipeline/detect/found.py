"""What was found out about a service, each value with the place that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that TOML takes without quotes."""

_VALUE_WIDTH = 40
"""Where sources stand at the latest; those of longer values stand behind them."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value of the configuration, and where it comes from.

    Parameters
    ----------
    key:
        The key of a service in pipeline.toml that sets it ("node.version").
    file, line:
        The file that says so, relative to the repository's root, and its line; "" and 0 where no file does.
    why:
        What there says so ("engines.node"), or the convention that holds where nothing does.
    """

    key: str
    value: T
    file: str = ""
    line: int = 0
    why: str = ""

    @property
    def source(self) -> str:
        """Return where the value comes from, in one phrase."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ", ".join(part for part in (place, self.why) if part)


def configured(key: str, value: T) -> Found[T]:
    """Return a value that the configuration sets."""
    return Found(key, value, why="pipeline.toml")


def joined(folder: str, name: str) -> str:
    """Return the path of a file in a folder, "." being the folder that all paths are relative to."""
    return name if folder == "." else f"{folder}/{name}"


def or_false(found: Found[Any]) -> Found[Any]:
    """Return a value whose empty form the configuration writes as `false`."""
    return Found(found.key, found.value or False, found.file, found.line, found.why)


def as_text(settings: Iterable[Found[Any]]) -> str:
    """Return settings for people: a line each, with its source."""
    rows = [(item.key, shown(item.value), item.source) for item in settings]
    keys = max((len(key) for key, _, _ in rows), default=0)
    values = min(max((len(value) for _, value, _ in rows), default=0), _VALUE_WIDTH)
    return "".join(f"  {key:<{keys}}  {value:<{values}}  {source}".rstrip() + "\n" for key, value, source in rows)


def as_data(settings: Iterable[Found[Any]]) -> list[dict[str, object]]:
    """Return settings as plain data, for JSON."""
    return [
        {"key": item.key, "value": plain(item.value), "file": item.file, "line": item.line, "why": item.why}
        for item in settings
    ]


def shown(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {shown(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A basic string of TOML escapes as one of JSON does.
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def plain(value: object) -> object:
    """Return a value with the types that JSON has."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value
