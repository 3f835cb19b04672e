"""What an engine's state is worth after the machine went down.

The embedded engine does not wait for the disk (`nosync`). As long as the machine is up, that loses nothing, whoever is killed. Before an
engine starts, the boot that it runs in is noted; once its state is on the disk, its supervisor takes the note away. A note of
another boot says that the state may be half of what it was: a cache is made anew rather than trusted.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from daglet import store
from daglet.embedded import leftovers
from daglet.embedded.layout import Layout

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def spoiled(layout: Layout) -> bool:
    """Whether the machine went down before the state was on the disk."""
    try:
        return layout.unsynced.read_text(encoding="utf-8") != _boot()
    except FileNotFoundError:
        return False


def note(layout: Layout) -> None:
    """Note that an engine runs in this boot. The note itself is on the disk."""
    with layout.unsynced.open("w", encoding="utf-8") as file:
        file.write(_boot())
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(layout.state, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def empty(layout: Layout, runc: Path) -> None:
    """Remove the state of an engine that does not run: cache, cache volumes, contexts."""
    leftovers.remove(layout.engine, runc)
    for folder in (layout.engine, *(layout.state / name for name in store.STORES)):
        shutil.rmtree(folder, ignore_errors=True)
    layout.unsynced.unlink(missing_ok=True)


def _boot() -> str:
    return _BOOT.read_text(encoding="utf-8")
