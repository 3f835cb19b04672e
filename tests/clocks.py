"""A clock that is set otherwise for some processes: Debian's libfaketime, unpacked once into the user's cache."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from pathlib import Path

from pipeline.bases.debian import Apt
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform


def shifted(by: str) -> dict[str, str]:
    """Return the variables that shift the calendar ("-1d"), and neither the clock since boot nor the times of files.

    Programs that bring their C library along, as BuildKit's do, go on as they are.
    """
    [library] = _library().glob("usr/lib/*/faketime/libfaketime.so.1")
    return {"LD_PRELOAD": str(library), "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def _library() -> Path:
    cache = cache_folder()
    target = cache / "test-clock"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "test-clock.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            apt = Apt(cache, default_platform().partition("/")[2])
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = Path(work, "made")
                for package in apt.fetch(apt.resolve(["libfaketime"])):
                    subprocess.run(["dpkg-deb", "-x", package, made], check=True)
                made.rename(target)
    return target
