"""Folders that outlive a session: build contexts, unpacked bases, images and files that were exported.

What goes unused for a week is removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from daglet.errors import InvalidOperation

CONTEXTS, LAYOUTS, IMAGES, EXPORTS = STORES = "contexts", "layouts", "images", "exports"
"""The stores, each a folder in the state's own."""

INTROSPECTION = "introspection"
"""The store of answers to introspection: a small file for each version of the schema and the client."""

_PARTIAL = ".new-"
"""What the name begins with of a folder that is not whole."""

KEPT_SECONDS = 7 * 24 * 3600.0


def mark_used(folder: Path) -> None:
    """Let a folder be kept for another week."""
    os.utime(folder)


def keep(target: Path, fill: Callable[[Path], None]) -> Path:
    """Return a folder of the store, filled unless it is there. It is complete before it takes its name."""
    if target.is_dir():
        mark_used(target)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=target.parent))
    try:
        copy.chmod(0o755)
        fill(copy)
        copy.rename(target)
    except OSError as error:
        if target.is_dir():
            return target
        msg = f"cannot copy {error.filename}: {error.strerror}"
        raise InvalidOperation(msg) from error
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    return target


def sweep(state: Path, now: float | None = None) -> None:
    """Remove what was not used for a week before `now`, in seconds since 1970."""
    limit = (time.time() if now is None else now) - KEPT_SECONDS
    for store in STORES:
        for folder in (state / store).glob("*"):
            with suppress(OSError):  # another session sweeps, too
                if folder.stat().st_mtime < limit:
                    # Whenever we are ended, what has its own name is whole.
                    shutil.rmtree(folder.rename(folder.with_name(f"{_PARTIAL}{folder.name}")))
