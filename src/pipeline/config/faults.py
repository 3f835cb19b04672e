"""Faults of the configuration: each told with its line, its key, the reason and the way out."""

from __future__ import annotations

import difflib
import re
import reprlib
import tomllib
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.config.model import Address, Config, Owner, Package, PinnedImage, Probe, Secret, StageFunction
from pipeline.errors import UsageError


def syntax_error(error: tomllib.TOMLDecodeError, text: str, name: str) -> UsageError:
    """Return the error for a file that is not valid TOML."""
    message = str(error)
    if found := re.search(r" \(at line (\d+), column (\d+)\)", message):
        line, column = int(found[1]), int(found[2])
        reason = message.replace(found[0], "")
        if "Cannot declare" in reason and (service := re.search(r"\('services', '([^']+)'", reason)):
            msg = f"two services have the name {service[1]!r}"
            return UsageError(msg, file=name, line=line, hint="rename one of them")
        return UsageError(f"not valid TOML: {_told(reason, text, line)}", file=name, line=line, column=column)
    line = len(text.rstrip().splitlines())
    reason = message.removesuffix(" (at end of document)")
    return UsageError(f"not valid TOML: {_told(reason, text, line)}", file=name, line=line)


def _told(reason: str, text: str, line: int) -> str:
    """Return a parser's reason; of a key that stands twice, the key."""
    key = re.match(r"\s*([^=]+?)\s*=", text.split("\n")[line - 1]) if line else None
    return f"{key[1]!r} stands twice" if key and reason == "Cannot overwrite a value" else reason


def first_error(error: ValidationError, text: str, name: str) -> UsageError:
    """Return the error for the first of a file's faults."""
    # An unknown key is the cause where it and a missing one are reported together.
    details = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    detail = details[0]
    path = [str(part) for part in detail["loc"] if part not in _VARIANTS]
    key, hint = ".".join(path), ""
    reason = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    match detail["type"]:
        case "extra_forbidden":
            reason = "unknown key"
            known = _known_keys(path[:-1])
            hint = did_you_mean(path[-1], known) or f"known keys are {', '.join(sorted(known))}"
        case "missing" if path == ["services"]:
            reason, hint = "no service", "add a table [services.NAME] with the `path` of its folder"
        case "missing":
            reason, hint = "missing", f"every service needs a `{path[-1]}`"
        case "too_short" if path == ["services"]:
            reason, hint = "no service", "add a table [services.NAME] with the `path` of its folder"
        case "model_type" | "dict_type":
            reason = f"is {_shown(detail['input'])}, must be a table"
        case "literal_error":
            reason = f"is {_shown(detail['input'])}, must be {detail['ctx']['expected']}"
        case "string_pattern_mismatch":
            reason = f"is {_shown(detail['input'])}, which does not fit {_pattern(detail['ctx']['pattern'])}"
        case _:
            reason = f"is {_shown(detail['input'])}, should be {reason}"
    return UsageError(reason, file=name, line=line_of(text, path), key=key, hint=hint)


def _shown(value: Any) -> str:
    """Return a value as Python writes it, or the beginning of one that fits no line."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = writer.maxlong = 80
    writer.maxlist = writer.maxdict = 10
    return writer.repr(value)


# What pydantic puts into a location to tell the variants of a union apart.
_VARIANTS = {"bool", "constrained-int", "constrained-str", "list[constrained-str]", "literal[False]"}

# Not by the key: services, variables and stages are named by who writes the file, and one may be called `user`.
_PATTERNS: tuple[tuple[Any, str], ...] = (
    (Owner, "a numeric UID:GID such as 1001:1001"),
    (Address, "an address such as tcp://HOST:PORT"),
    (Probe, "a path such as /health, grpc, a command, or false"),
    (Package, "the name of a distribution package"),
    (PinnedImage, "an image with its digest: REPOSITORY@sha256:…"),
    (StageFunction, "FILE.py:FUNCTION"),
    (Secret, "env:NAME or file:PATH"),
)


def _pattern(pattern: str) -> str:
    """Return what fits a pattern in words, or else the pattern."""
    return next((text for kind, text in _PATTERNS if typing.get_args(kind)[1].pattern == pattern), pattern)


def _known_keys(path: Sequence[str]) -> list[str]:
    model: Any = Config
    for part in path:
        fields = {field.alias or name: field for name, field in model.model_fields.items()} if _is_table(model) else {}
        model = fields[part].annotation if part in fields else _item(model)
    return [field.alias or name for name, field in model.model_fields.items()] if _is_table(model) else []


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _item(kind: Any) -> Any:
    """Return the type of what a table with names of the user's own holds."""
    return typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word that is meant, "" where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else ""


def line_of(text: str, path: Sequence[str]) -> int:
    """Return the line on which a key stands, or its table's where the key is missing; 0 if it was not in the file.

    A search, not a parse: it finds the table headers and keys that people write, which is enough to point at a line.
    """
    wanted, table, best = list(path), list[str](), 0
    for number, line in enumerate(text.split("\n"), start=1):
        if header := re.match(r"\s*\[+([^\]#]+)\]", line):
            table = [part.strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^\s.\"']+", header[1])]
            named = table
        elif assigned := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            named = [*table, *(part.strip("\"'") for part in assigned[1].split("."))]
        else:
            continue
        if named[: len(wanted)] == wanted:
            return number
        if wanted[: len(named)] == named:
            best = number
    return best
