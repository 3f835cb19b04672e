"""What a Go program expects of the system that it runs on, and an image from nothing does not have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.programs import Program

_ZONES = re.compile(rb"\btime\.LoadLocation\((?!\"(?:UTC|Local)?\"\))")
_OWN_ZONES = re.compile(rb"^[ \t]*(?:import[ \t]+)?_[ \t]+\"time/tzdata\"", re.MULTILINE)
_TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - where Go looks for it
_TEMPORARY = re.compile(
    rb"\b(?:os\.(?:CreateTemp|MkdirTemp|TempDir)|ioutil\.Temp(?:File|Dir)|\w+\.(?:ParseMultipartForm|FormFile))\("
)
"""What writes to the folder for temporary files: what is uploaded lies there, too, where it is large."""


def zones(files: Sequence[Program], settings: Service) -> Found[bool]:
    """Return whether programs ask for a time zone by its name, and bring none along."""
    key = "go.tzdata"
    if settings.go.tzdata is not None:
        return configured(key, settings.go.tzdata)
    if not any(_OWN_ZONES.search(file.content) for file in files) and (place := _first(files, _ZONES)):
        return Found(key, True, *place, "time.LoadLocation")
    return Found(key, False, why="no program asks for a zone")


def writable(files: Sequence[Program], settings: Service) -> Found[tuple[str, ...]]:
    """Return the folders that a service may write to: those of the configuration, and that for temporary files where one is used."""
    key, asked = "writable", tuple(settings.writable)
    if _TEMPORARY_FOLDER not in asked and (place := _first(files, _TEMPORARY)):
        return Found(key, (*asked, _TEMPORARY_FOLDER), *place, "temporary files")
    return configured(key, asked) if asked else Found(key, (), why="no program writes temporary files")


def _first(files: Sequence[Program], called: re.Pattern[bytes]) -> tuple[str, int] | None:
    """Return the file and line of the first call, comments left out."""
    for file in files:
        for found in called.finditer(file.content):
            start = file.content.rfind(b"\n", 0, found.start()) + 1
            if b"//" not in file.content[start : found.start()]:
                return file.name, file.content.count(b"\n", 0, start) + 1
    return None
