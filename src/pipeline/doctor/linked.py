"""The packages that a Go program is linked from, as the go command of this machine lists them without asking any network."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from pipeline.detect import GoService
from pipeline.detect.golang.cgo import NEED_C

_SECONDS = 60
_EXCLUDED = "build constraints exclude all Go files"
_ABSENT = ("GOPROXY=off", "cannot find module", "missing go.sum entry", "no required module provides")


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it is built without C. `needs_c` is whether that leaves nothing of it, or nothing that works."""

    name: str
    imports: tuple[str, ...]
    needs_c: bool


class Unlisted(Exception):
    """The packages cannot be listed, for a reason that is told in a sentence."""


async def packages(root: Path, service: GoService) -> tuple[Package, ...]:
    """Return a program's packages, those that it imports before itself; none where this machine has no go command.

    Raises
    ------
    Unlisted
        If the command cannot tell: its modules are not there, or it takes too long.
    """
    if not (program := shutil.which("go")):
        return ()
    fields = "-json=ImportPath,Imports,Standard,Error"
    command = [program, "list", "-deps", "-e", fields, "-tags", ",".join(service.tags), service.main]
    settings = {"CGO_ENABLED": "0", "GOOS": "linux", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": f"-mod={service.mod}"}
    with anyio.move_on_after(_SECONDS) as scope:
        done = await anyio.run_process(command, cwd=root / service.place.path, env={**os.environ, **settings}, check=False)
    if scope.cancelled_caught:
        msg = f"`go list` took more than {_SECONDS} s"
        raise Unlisted(msg)
    listed = list(_objects(done.stdout.decode("utf-8", errors="replace")))
    errors = [str((item.get("Error") or {}).get("Err", "")) for item in listed] + ([] if listed else [_first(done.stderr)])
    if any(word in error for error in errors for word in _ABSENT):
        msg = f"its modules are not on this machine, and `go mod download` in {service.place.path} brings them"
        raise Unlisted(msg)
    if not listed:
        msg = f"`go list` says: {errors[0]}"
        raise Unlisted(msg)
    return tuple(_package(item) for item in listed if not item.get("Standard"))


def chains(found: Sequence[Package]) -> Iterator[tuple[str, ...]]:
    """Yield how a program comes to what needs C: the shortest chain of imports, the program itself first.

    What is imported by a package that needs C itself is no more than a part of it.
    """
    if not found:
        return
    known = {item.name: item for item in found}
    before: dict[str, str] = {}
    pending = [found[-1].name]
    for name in pending:
        for other in known[name].imports:
            if other in known and other not in before and other != pending[0]:
                before[other] = name
                pending.append(other)
    for name in pending:
        if known[name].needs_c:
            chain = [name]
            while chain[0] in before:
                chain.insert(0, before[chain[0]])
            if not any(known[item].needs_c for item in chain[:-1]):
                yield tuple(chain)


def _package(item: dict[str, Any]) -> Package:
    name = str(item["ImportPath"])
    excluded = _EXCLUDED in str((item.get("Error") or {}).get("Err", ""))
    return Package(name, tuple(item.get("Imports") or ()), excluded or name in NEED_C)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a text, one after the other."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        found, end = decoder.raw_decode(text, place)
        yield found
        place = text.find("{", end)


def _first(output: bytes) -> str:
    return next(iter(output.decode("utf-8", errors="replace").strip().splitlines()), "")
