"""Which package manager installs, and in which version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import Service
from pipeline.detect.found import Found, joined
from pipeline.detect.model import Manager
from pipeline.detect.node.manifest import Manifest
from pipeline.errors import UsageError

LOCKFILES = {
    "npm-shrinkwrap.json": "npm",
    "package-lock.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
}
"""Lockfiles, by what writes them."""

_OTHER_LOCKFILES = {"bun.lockb": "bun", "bun.lock": "bun", "deno.lock": "deno"}

# What reads a lockfile of a format, where the repository names no version: the newest release that still does.
_PNPM = {"9": "10.34.9", "6": "8.15.9", "5": "7.33.7"}
_BERRY = {"4": "2.4.2", "6": "3.8.7", "8": "4.9.2"}
_NEWEST_BERRY = "4.18.1"
_CLASSIC = "1.22.22"

_HOW_TO_LOCK = {
    "npm": "npm install --package-lock-only",
    "pnpm": "pnpm install --lockfile-only",
    "yarn": "yarn install",
}


def manager(folder: Path, shown: str, manifest: Manifest, settings: Service, service: str) -> Found[Manager]:
    """Return the package manager: as configured, as `packageManager` says, else by the lockfile.

    Parameters
    ----------
    folder:
        The folder that has the lockfile; `shown` is its name, relative to the repository.

    Raises
    ------
    UsageError
        If there is no lockfile although one is to decide, or it is one of an unknown package manager.
    """
    lockfile = next((file for file in LOCKFILES if (folder / file).is_file()), "")
    declared = str(manifest.data.get("packageManager") or "").partition("+")[0]
    asked = settings.node.package_manager or declared
    name, _, version = asked.partition("@")
    if not lockfile and settings.node.frozen:
        raise _no_lockfile(folder, shown, name, service)
    key, why = "node.package_manager", joined(shown, lockfile)
    if not asked:
        name = LOCKFILES.get(lockfile, "npm")
    if name not in _HOW_TO_LOCK:
        msg = f"the package manager {name!r} is not known"
        raise UsageError(msg, service=service, key=key, hint="known are npm, pnpm and yarn")
    if lockfile and LOCKFILES[lockfile] != name:
        msg = f"{shown} is locked by {LOCKFILES[lockfile]} ({lockfile}), but {name} is asked for"
        raise UsageError(msg, service=service, key=key, hint=f"remove {lockfile}, or correct `packageManager`")
    found = _of(name, version, folder / lockfile if lockfile else None)
    if settings.node.package_manager:
        return Found(key, found, why="pipeline.toml")
    if declared:
        return manifest.found(key, found, "packageManager")
    return Found(key, found, why, 1, "the lockfile" + (" and its format" if found.version else ""))


def _of(name: str, version: str, lockfile: Path | None) -> Manager:
    if name == "npm":
        return Manager("npm")
    head = _head(lockfile) if lockfile else ""
    if name == "pnpm":
        written = re.search(r"^lockfileVersion: ['\"]?(\d+)", head, re.MULTILINE)
        return Manager("pnpm", version or _PNPM.get(written[1] if written else "", _PNPM["9"]))
    if version.partition(".")[0] == "1" or (not version and lockfile and "__metadata" not in head):
        return Manager("yarn", version or _CLASSIC)
    own = re.search(r"^  version: (\d+)", head, re.MULTILINE)
    return Manager("berry", version or _BERRY.get(own[1] if own else "", _NEWEST_BERRY))


def _head(path: Path) -> str:
    """Return the beginning of a lockfile, up to its first packages, without its comments."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return "".join(_until_blank(line for line in file if not line.startswith("#")))


def _until_blank(lines: Iterator[str]) -> Iterator[str]:
    begun = False
    for line in lines:
        if begun and not line.strip():
            return
        begun = begun or bool(line.strip())
        yield line


def _no_lockfile(folder: Path, shown: str, name: str, service: str) -> UsageError:
    for file, other in _OTHER_LOCKFILES.items():
        if (folder / file).is_file():
            msg = f"{shown} is locked by {other} ({file}), which is not supported"
            return UsageError(
                msg, service=service, hint="npm, pnpm and yarn are: `npm install --package-lock-only` locks for npm"
            )
    msg = f"{shown} has no lockfile: without one, two builds may install different dependencies"
    command = _HOW_TO_LOCK.get(name, _HOW_TO_LOCK["npm"])
    hint = f"run `{command}` in {shown} and commit what it writes, or go on without: `node = {{ frozen = false }}`"
    return UsageError(msg, service=service, hint=hint)


def command(manager: Manager, line: str) -> str:
    """Return the shell command that runs a program of the dependencies."""
    prefix = {"npm": "npm exec --no --", "pnpm": "pnpm exec", "yarn": "yarn run --silent", "berry": "yarn run"}[manager.name]
    return f"{prefix} {line}"
