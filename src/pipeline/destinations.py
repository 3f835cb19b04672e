"""Places that a command is to write to, looked at before it begins."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.errors import UsageError


def check_output(output: Path, report: Path) -> None:
    """Check that the folder for images and the report's file can be written.

    Raises
    ------
    UsageError
        If one cannot.
    """
    check_writable(output.resolve(), "--output", output)
    check_writable(report.resolve().parent, "--report", report)
    if report.is_dir():
        msg = f"--report {report} is a folder"
        raise UsageError(msg, hint="name the file that the report is to be")


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
