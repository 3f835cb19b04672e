"""Whether a program needs C: by what its own files import, never by go.mod, where tools and tests stand, too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.programs import Program
from pipeline.detect.syntax import line, text, walk

Linked = Literal["", "static", "dynamic"]

NEED_C: dict[str, Linked] = {
    "github.com/DataDog/go-libddwaf": "dynamic",
    "github.com/bytecodealliance/wasmtime-go": "dynamic",
    "github.com/confluentinc/confluent-kafka-go": "static",
    "github.com/h2non/bimg": "dynamic",
    "github.com/jinzhu/gorm/dialects/sqlite": "static",
    "github.com/marcboeker/go-duckdb": "dynamic",
    "github.com/mattn/go-sqlite3": "static",
    "github.com/tecbot/gorocksdb": "dynamic",
    "gopkg.in/gographics/imagick": "dynamic",
    "gorm.io/driver/sqlite": "static",
}
"""Packages that do nothing without C: those that bring all of theirs, and those that need a library of the system."""

_LIBRARY = re.compile(
    rb"^[ \t]*(?:(?://|/?\*)[ \t]*)?#cgo\b.*(?:pkg-config:|\bLDFLAGS:.*-l(?!m\b|dl\b|pthread\b|rt\b)\w)", re.MULTILINE
)


def cgo(files: Sequence[Program], settings: Service) -> Found[Linked]:
    """Return how C is linked, "" where there is none.

    A static binary is the default, since it needs no base; a library of the system is there to be loaded.
    """
    key = "go.cgo"
    if settings.go.cgo is not None:
        return configured(key, settings.go.cgo or "")
    found: Found[Linked] | None = None
    for file in files:
        if b'"C"' not in file.content and not any(name.encode() in file.content for name in NEED_C):
            continue
        root = file.tree()
        for spec in walk(root, "import_spec") if root else ():
            name = text(spec.child_by_field_name("path")).strip('"`')
            linked = _linked(name, file)
            if linked and (not found or (linked, found.value) == ("dynamic", "static")):
                found = Found(key, linked, file.name, line(spec), f"it imports {name}{_BESIDE[linked]}")
    return found or Found(key, "", why="no program imports C")


_BESIDE = {
    "static": "",
    "dynamic": ", with a library of the system: name its packages in `build.packages` and `runtime.packages`",
}


def _linked(name: str, file: Program) -> Linked:
    if name == "C":
        return "dynamic" if _LIBRARY.search(file.content) else "static"
    return next(
        (linked for known, linked in NEED_C.items() if name == known or name.startswith((f"{known}/", f"{known}."))), ""
    )
