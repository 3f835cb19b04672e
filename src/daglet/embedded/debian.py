"""Single programs out of the distribution's packages, without changing the system: apt's state is in a folder of ours."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from daglet.embedded import commands
from daglet.embedded.errors import USE_ANOTHER, EngineError

_INDEX_AGE_SECONDS = 24 * 3600


async def fetch(state: Path, package: str, target: Path, partial: Path, on_step: Callable[[str], None]) -> None:
    """Take one program, which has the target's name, out of a package.

    Parameters
    ----------
    state:
        Where apt keeps its lists.
    partial:
        A folder for what is not whole yet, on the target's file system.

    Raises
    ------
    EngineError
        If there is no apt, or it fails.
    """
    program = target.name
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            msg = f"{program} is not installed, and there is no {tool} to fetch it with"
            raise EngineError(msg, hint=f"install {program}, {USE_ANOTHER}")
    on_step(f"fetching {package}")
    hint = f"check that apt reaches its sources, install {program}, {USE_ANOTHER}"
    flags = _flags(state)
    stamp = state / "updated"
    if not stamp.exists() or time.time() - stamp.stat().st_mtime > _INDEX_AGE_SECONDS:
        await commands.run(["apt-get", *flags, "-qq", "update"], cwd=state, hint=hint)
        stamp.touch()
    work = partial / package
    work.mkdir()
    await commands.run(["apt-get", *flags, "download", package], cwd=work, hint=hint)
    for archive in work.glob("*.deb"):
        await commands.run(["dpkg-deb", "-x", str(archive), f"{work}/files"], cwd=work, hint=hint)
    found = [path for path in Path(work, "files").rglob(program) if path.is_file() and os.access(path, os.X_OK)]
    if not found:
        msg = f"the package {package} has no program {program}"
        raise EngineError(msg, hint=f"install {program}, {USE_ANOTHER}")
    target.parent.mkdir(parents=True, exist_ok=True)
    found[0].rename(target)


def _flags(state: Path) -> list[str]:
    for part in ("state/lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "state" / "status").touch()
    options = {"Dir::State": state / "state", "Dir::State::status": state / "state" / "status", "Dir::Cache": state / "cache"}
    return ["-o", "APT::Sandbox::User=root", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
