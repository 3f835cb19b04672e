"""What a build script of package.json runs, where that takes no package manager: starting one takes as long as many a compiler."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.detect.model import Manager, Script
from pipeline.detect.node.manifest import Manifest

_PROGRAMS = {
    *("tsc", "tsc-alias", "esbuild"),
    *("rimraf", "copyfiles", "cp", "mkdir", "mv", "rm"),
}
"""Programs that look at none of the variables that package managers set for scripts, nor run anybody's code that could."""

_PLAIN = re.compile(r"[\w@%+:,./=\-'\" ]+\Z", re.ASCII)
"""Text that every shell takes alike, with nothing in it that stands for something else."""

_OWN_WAYS = re.compile(r"node-?options|script-?shell|shell-?emulator", re.IGNORECASE)
_SETTINGS = (".npmrc", ".yarnrc", "pnpm-workspace.yaml")


def script(manifest: Manifest, folder: str, name: str, manager: Manager, context: Path) -> Script:
    """Return a script of the package in a folder of a context, by what it has a shell run where that can be told."""
    return Script(folder, name, _command(manifest, name, manager, context))


def _command(manifest: Manifest, name: str, manager: Manager, context: Path) -> str:
    scripts = manifest.table("scripts")
    # Berry may have installed programs where nobody else finds them.
    if manager.name == "berry" or f"pre{name}" in scripts or f"post{name}" in scripts:
        return ""
    parts = [part.strip() for part in str(scripts.get(name, "")).split("&&")]
    if not all(_PLAIN.match(part) and part.split()[0] in _PROGRAMS for part in parts):
        return ""
    if any(_OWN_WAYS.search(_text(context / file)) for file in _SETTINGS):
        return ""
    return " && ".join(parts)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
