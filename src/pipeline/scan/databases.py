"""Databases of vulnerabilities: a folder of the user's, or downloaded anew where it has changed.

osv-scanner's has a folder for each ecosystem with `all.zip` in it, as OSV offers it. govulncheck's is a folder as
https://go.dev/doc/security/vuln/database describes it, offered as `vulndb.zip`, too.
"""

from __future__ import annotations

import http.client
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME
from pipeline.errors import UsageError
from pipeline.files import write_text_atomic

_SECONDS = 30
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A database that a scanner needs.

    Parameters
    ----------
    place:
        A folder, absolute or relative to the repository, or an address.
    required, welcome:
        What must be in it for what is scanned, and what is used where it is there: files by their paths.
    archive:
        The file below an address that holds the whole folder, "" where each file is offered by itself.
    key:
        The key of the configuration that says so.
    """

    tool: str
    place: str
    key: str
    required: Sequence[str]
    welcome: Sequence[str] = ()
    archive: str = ""


def ready(wanted: Wanted, root: Path, cache: Path, on_step: Callable[[str], None]) -> Path:
    """Return the folder of a database.

    Raises
    ------
    UsageError
        If it is missing, cannot be reached, or lacks what is required.
    """
    if wanted.place.startswith(("https://", "http://")):
        return _downloaded(wanted, cache / "vulnerabilities" / wanted.tool, on_step)
    folder = root / wanted.place
    missing = [name for name in wanted.required if not (folder / name).is_file()]
    if missing:
        what = f"{missing[0]} is not in it" if folder.is_dir() else "there is no such folder"
        msg = f"the database {wanted.place}: {what}"
        raise UsageError(
            msg, file=FILE_NAME, key=wanted.key, hint=f"{wanted.tool} wants a folder with {', '.join(wanted.required)}"
        )
    return folder


def _downloaded(wanted: Wanted, cache: Path, on_step: Callable[[str], None]) -> Path:
    on_step(f"{wanted.tool}: asking {wanted.place} for its database")
    if wanted.archive:
        packed, unpacked = cache / wanted.archive, cache / "unpacked"
        _fetch(wanted, wanted.archive, packed, required=True)
        if not unpacked.exists() or unpacked.stat().st_mtime_ns < packed.stat().st_mtime_ns:
            _unpack(wanted, packed, unpacked)
        return unpacked
    for name in (*wanted.required, *wanted.welcome):
        _fetch(wanted, name, cache / name, required=name in wanted.required)
    return cache


def _unpack(wanted: Wanted, packed: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=packed.parent) as folder:
        whole = Path(folder, target.name)
        try:
            with zipfile.ZipFile(packed) as file:
                file.extractall(whole)
        except zipfile.BadZipFile as error:
            packed.unlink()  # it would count as up to date
            raise _unreachable(wanted, packed.name, str(error)) from None
        shutil.rmtree(target, ignore_errors=True)
        whole.rename(target)


def _fetch(wanted: Wanted, name: str, target: Path, *, required: bool) -> None:
    """Bring a file up to date. One that is only welcome may not be offered."""
    tag = target.with_name(f"{target.name}.etag")
    request = urllib.request.Request(f"{wanted.place.rstrip('/')}/{name}")  # noqa: S310 - a web address, as was looked
    if target.exists() and tag.exists():
        request.add_header("If-None-Match", tag.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer, part.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file, _CHUNK)
            version = answer.headers.get("ETag", "")
            # Read in parts, an answer that breaks off is none that fails.
            size = file.tell()
            told = int(answer.headers.get("Content-Length", size))
            if size != told:
                raise _unreachable(wanted, name, f"{size} of {told} bytes have come")
        part.replace(target)
        write_text_atomic(tag, version)
    except urllib.error.HTTPError as error:
        if error.code == 304:  # noqa: PLR2004 - not modified
            return
        if error.code == 404 and not required:  # noqa: PLR2004 - not found
            target.unlink(missing_ok=True)
            return
        raise _unreachable(wanted, name, f"HTTP {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(wanted, name, str(getattr(error, "reason", error))) from None


def _unreachable(wanted: Wanted, name: str, reason: str) -> UsageError:
    msg = f"the database {wanted.place} cannot be had: {name}: {reason}"
    return UsageError(msg, file=FILE_NAME, key=wanted.key, hint="name another address, or a folder with a copy of it")
