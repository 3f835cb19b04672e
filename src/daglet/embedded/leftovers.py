"""What a BuildKit that was killed leaves behind: containers with their records, and mounts. Also a program of its own.

runc keeps one list of containers for all of its users on a machine. Only those whose bundle lies in the state of the engine
at hand are ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def remove(engine: Path, runc: Path) -> None:
    """End the containers of a dead engine and take its mounts away. An engine that ended well has none."""
    if not engine.is_dir():
        return
    if runc.exists():
        _end_containers(engine, runc)
    _unmount(engine)
    for bundle in engine.glob("*/executor/*/config.json"):
        _remove_bundle(bundle.parent)


def _end_containers(engine: Path, runc: Path) -> None:
    listed = _run(str(runc), "list", "--format", "json")
    try:
        known = json.loads(listed) or []
    except ValueError:
        return
    for item in known:
        if Path(item["bundle"]).is_relative_to(engine):
            _run(str(runc), "delete", "--force", item["id"])


def _unmount(folder: Path) -> None:
    """Take all mounts below a folder away, the innermost first."""
    for point in sorted(_mounts(folder), key=len, reverse=True):
        _run("umount", "--lazy", point)


def _mounts(folder: Path) -> list[str]:
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    # The kernel writes spaces and the like as octal numbers.
    plain = [point.encode().decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape") for point in points]
    return [point for point in plain if Path(point).is_relative_to(folder)]


def _remove_bundle(bundle: Path) -> None:
    """Remove what is a container's own. Never what is in its root: were that still mounted, it would be a layer of ours."""
    try:
        (bundle / "config.json").unlink()
        (bundle / "rootfs").rmdir()
        bundle.rmdir()
    except OSError:
        return


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout  # noqa: S603


if __name__ == "__main__":
    remove(Path(sys.argv[1]), Path(sys.argv[2]))
