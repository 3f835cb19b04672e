"""What a BuildKit that was killed leaves behind: containers, their records, and mounts, all below its own state."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path


def remove(engine: Path, runc: Path) -> None:
    """End the containers of a dead engine and take its mounts away. An engine that ended well has none."""
    if not engine.is_dir():
        return
    executor = engine / "runc-overlayfs" / "executor"
    for root in executor.glob("*/runc*") if executor.is_dir() else ():
        _end_containers(root, runc)
    _end_bundles(engine, runc)
    unmount(engine)


def _end_bundles(engine: Path, runc: Path) -> None:
    """End containers by runc's default record, as far as their bundle lies below the engine's state."""
    listed = subprocess.run([runc, "list", "--format", "json"], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        known = json.loads(listed.stdout or "null") or []
    except ValueError:
        return
    for item in known:
        if Path(item.get("bundle", "/")).is_relative_to(engine):
            subprocess.run([runc, "delete", "--force", item["id"]], capture_output=True, check=False)  # noqa: S603


def _end_containers(root: Path, runc: Path) -> None:
    for folder in root.iterdir():
        command = [str(runc), "--root", str(root), "delete", "--force", folder.name]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603


def unmount(folder: Path) -> None:
    """Take all mounts below a folder away, the innermost first."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted((point for point in mounts if Path(point).is_relative_to(folder)), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)  # noqa: S603, S607
