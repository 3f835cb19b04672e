"""Places that a command is to write to, looked at before it begins."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.files import resolved


def check_output(output: Path, report: Path) -> None:
    """Check that the folder for images and the report's file can be written.

    Raises
    ------
    UsageError
        If one cannot.
    """
    check_writable(_resolved(output, "--output"), "--output", output)
    check_file(report, "--report")


def check_file(path: Path, option: str) -> None:
    """Check that a file can be written, that an `option` names.

    Raises
    ------
    UsageError
        If it cannot.
    """
    place = _resolved(path, option)
    check_writable(place.parent, option, path)
    if place.is_dir():
        msg = f"{option} {path} is a folder"
        raise UsageError(msg, hint="name the file that is to be written")


def _resolved(path: Path, option: str) -> Path:
    try:
        place = resolved(path)
        place.exists()
    except OSError as error:
        msg = f"{option} {path}: {error.strerror}"
        raise UsageError(msg, hint="name another place") from None
    return place


def check_writable(folder: Path, option: str, named: Path) -> None:
    """Check that a folder can be written to, which is made if need be. `option` and what it `named` are told otherwise.

    Raises
    ------
    UsageError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError):
        msg = f"{option} {named}: {folder} is no folder"
        raise UsageError(msg, hint="name a folder") from None
    except OSError as error:
        msg = f"{option} {named}: nothing can be written into {folder}: {error.strerror}"
        raise UsageError(msg, hint="name a folder that can be written to") from None
