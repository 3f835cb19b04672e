"""Whether a program needs C: by what its own files import, never by go.mod, where tools and tests stand, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.programs import Program
from pipeline.detect.syntax import line, text, walk

_NEED_C = (
    "github.com/DataDog/go-libddwaf",
    "github.com/bytecodealliance/wasmtime-go",
    "github.com/confluentinc/confluent-kafka-go",
    "github.com/h2non/bimg",
    "github.com/marcboeker/go-duckdb",
    "github.com/mattn/go-sqlite3",
    "github.com/tecbot/gorocksdb",
    "gopkg.in/gographics/imagick",
)
"""Modules that do nothing without C."""


def cgo(files: Sequence[Program], settings: Service) -> Found[Literal["", "static", "dynamic"]]:
    """Return how C is linked, "" where there is none. A static binary is the default: it needs no base."""
    key = "go.cgo"
    if settings.go.cgo is not None:
        return configured(key, settings.go.cgo or "")
    for file in files:
        if b'"C"' not in file.content and not any(name.encode() in file.content for name in _NEED_C):
            continue
        root = file.tree()
        for spec in walk(root, "import_spec") if root else ():
            name = text(spec.child_by_field_name("path")).strip('"`')
            if name == "C" or name.startswith(_NEED_C):
                return Found(key, "static", file.name, line(spec), f"it imports {name}")
    return Found(key, "", why="no program imports C")
