"""The Node version: what the repository's files ask for, and which release fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import nodesemver

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.node.manifest import Manifest
from pipeline.errors import UsageError

LTS = ("22", "24")
"""The supported major versions, the default first."""

OLDER = ("20", "18", "16", "14")
"""Versions past their support, for those who ask for them."""

_NAMES = {
    "lts/fermium": "14",
    "lts/gallium": "16",
    "lts/hydrogen": "18",
    "lts/iron": "20",
    "lts/jod": "22",
    "lts/krypton": "24",
}
"""Major versions by the names that version files may have them by."""

_FILES = (".nvmrc", ".node-version")
_TOOLS = ".tool-versions"
_RANGE_MAX = 256
"""Characters of a range that count, as for npm itself: what reads ranges takes long over very long ones."""
_PLAIN = re.compile(r"v?(\d+(?:\.\d+){0,2})\Z")


def version(root: Path, folders: Sequence[str], manifests: Sequence[Manifest], settings: Service) -> Found[str]:
    """Return the Node version of a service, as configured or as its files say.

    Parameters
    ----------
    folders:
        The service's folder and its workspace's root, relative to the repository: where version files may lie.
    manifests:
        The service's manifest, and that of its workspace's root.

    Raises
    ------
    UsageError
        If no release fits what is asked for.
    """
    key = "node.version"
    if settings.node.version:
        return configured(key, settings.node.version.removeprefix("v"))
    for folder in folders:
        for file in _FILES:
            path = root / folder / file
            if path.is_file() and (named := _named(path.read_text(encoding="utf-8", errors="replace"))):
                return Found(key, named, (Path(folder) / file).as_posix(), 1)
        if tool := _of_tools(root / folder / _TOOLS):
            return Found(key, tool[0], (Path(folder) / _TOOLS).as_posix(), tool[1])
    for manifest in manifests:
        if found := _PLAIN.match(str(manifest.table("volta").get("node"))):
            return manifest.found(key, found[1], "volta", "node")
        if wanted := str(manifest.table("engines").get("node") or "")[:_RANGE_MAX]:
            return _from_engines(manifest, wanted)
    return Found(key, LTS[0], why="the default, since nothing says")


def _of_tools(path: Path) -> tuple[str, int] | None:
    """Return the version that a file of all tools' versions (of asdf, of mise) names, and its line."""
    if not path.is_file():
        return None
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match line.split():
            case ["nodejs" | "node", word, *_] if found := _PLAIN.match(word):
                return found[1], number
    return None


def _named(text: str) -> str:
    """Return the version that a version file names, "" where it names none, or one that no longer is to be had."""
    words = (line.partition("#")[0].strip() for line in text.splitlines())
    word = next(filter(None, words), "")
    found = _PLAIN.match(word)
    return found[1] if found else _NAMES.get(word.lower(), "")


def _from_engines(manifest: Manifest, wanted: str) -> Found[str]:
    for release in (*LTS, *OLDER):
        if fitting := _fitting(wanted, release):
            return manifest.found("node.version", fitting, "engines", "node")
    msg = f"engines.node is {wanted!r}, and no supported release ({', '.join((*LTS, *OLDER))}) fits it"
    raise UsageError(msg, file=manifest.file, line=manifest.line("engines", "node"), hint="set `node.version` of the service")


def _fitting(wanted: str, major: str) -> str:
    """Return the release of a major version that fits a range: the major where its newest does, else a bound of the range."""
    try:
        if nodesemver.satisfies(f"{major}.999.999", wanted, loose=True):
            return major
        comparators = [item for group in nodesemver.make_range(wanted, loose=True).set for item in group]
    except ValueError:
        return ""
    bounds = [str(item.semver) for item in comparators if item.semver]
    of_major = (item for item in bounds if item.partition(".")[0] == major)
    return next((item for item in of_major if nodesemver.satisfies(item, wanted, loose=True)), "")
