"""What programs take for granted of a system and an empty image has not, by the functions that they call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.programs import Program

_ZONES = re.compile(rb'\btime\.LoadLocation\((?!"(?:UTC|Local)?"\))')
_OWN_ZONES = b'"time/tzdata"'

# What is uploaded in a form lies in files as soon as it is large.
_TEMPORARY_FILES = re.compile(
    rb"\b(?:os\.(?:CreateTemp|MkdirTemp|TempDir)|ioutil\.Temp(?:Dir|File)|\w+\.(?:ParseMultipartForm|FormFile|MultipartForm))\("
)
_TEMPORARY = "/tmp"  # noqa: S108 - the image's own

# Go takes these for the user whom no /etc/passwd knows. A home that nobody names is `/` to whatever starts containers, too.
_USER = re.compile(rb"\b(?:user\.Current|os\.User(?:Home|Cache|Config)Dir)\(")
_ACCOUNT = {"HOME": "/", "USER": "app"}


def tzdata(files: Sequence[Program], settings: Service) -> Found[bool]:
    """Return whether the image holds time zones: where programs look one up, and have none compiled in."""
    key = "go.tzdata"
    if settings.go.tzdata is not None:
        return configured(key, settings.go.tzdata)
    if any(_OWN_ZONES in file.content for file in files):
        return Found(key, value=False, why="time zones are compiled in")
    if place := _first(files, _ZONES):
        return Found(key, True, *place, "it looks up time zones")
    return Found(key, value=False, why="no program looks up time zones")


def writable(files: Sequence[Program], settings: Service, *, empty: bool) -> Found[tuple[str, ...]] | None:
    """Return the folders that the programs may write to where those that are configured lack one that they need, else None.

    Parameters
    ----------
    empty:
        Whether the image starts from nothing: every other one has a folder for temporary files.
    """
    if not empty or _TEMPORARY in settings.writable or "TMPDIR" in settings.env:
        return None
    place = _first(files, _TEMPORARY_FILES)
    return Found("writable", (*settings.writable, _TEMPORARY), *place, "it makes temporary files") if place else None


def account(files: Sequence[Program], settings: Service, *, empty: bool) -> Found[Mapping[str, str]] | None:
    """Return the variables that tell programs who runs them where they ask, None where they do not or are told.

    Parameters
    ----------
    empty:
        Whether the image starts from nothing, and no C library is asked.
    """
    missing = {name: value for name, value in _ACCOUNT.items() if name not in settings.env}
    place = _first(files, _USER) if empty and missing else None
    return Found("env", {**settings.env, **missing}, *place, "it asks who runs it") if place else None


def _first(files: Sequence[Program], called: re.Pattern[bytes]) -> tuple[str, int] | None:
    """Return the file and line of the first call, comments left out."""
    for file in files:
        for found in called.finditer(file.content):
            start = file.content.rfind(b"\n", 0, found.start()) + 1
            if b"//" not in file.content[start : found.start()]:
                return file.name, file.content.count(b"\n", 0, start) + 1
    return None
