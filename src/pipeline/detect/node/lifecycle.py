"""What a package manager would run of a service's own with an install.

An install here has a package.json without scripts, as their edit is no reason to install again, and as most of them want sources, of
which it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.detect.found import Found, joined
from pipeline.detect.node.manifest import Manifest

_SCRIPTS = ("preinstall", "install", "postinstall", "prepare")
_PATCH = re.compile(r"(?:npx |npm exec (?:-- )?|yarn (?:run )?|pnpm (?:exec )?)?(patch-package\b.*)")
_PATCHES = re.compile(r"--patch-dir[= ](\S+)")

_SEEN_TO = re.compile(
    r"\b(?:patch-package|prisma generate)\b"  # what this project does itself
    r"|\b(?:husky|lefthook|simple-git-hooks|only-allow|is-ci)\b"  # what a developer's machine alone needs
)


def patches(members: Mapping[str, Manifest]) -> dict[str, tuple[str, str]]:
    """Return how patch-package is run after an install, and the folder of its patches, by the folder that it is run in."""
    found: dict[str, tuple[str, str]] = {}
    for folder, manifest in members.items():
        for _, part in _parts(manifest):
            if command := _PATCH.fullmatch(part):
                named = _PATCHES.search(part)
                found[folder] = (command[1], joined(folder, named[1] if named else "patches"))
    return found


def not_run(members: Mapping[str, Manifest], build: str) -> Iterator[Found[tuple[str, ...]]]:
    """Yield those scripts that nothing stands for, each as what a build could run instead.

    Parameters
    ----------
    build:
        The name of the script that builds.
    """
    for manifest in members.values():
        told = dict.fromkeys(name for name, part in _parts(manifest) if not (_SEEN_TO.search(part) or _runs(part, build)))
        for name in told:
            why = f"scripts.{name} is not run with the install: name here what the build needs of it"
            yield Found("build.before", (), manifest.file, manifest.line("scripts", name), why)


def _parts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    scripts = manifest.table("scripts")
    for name in _SCRIPTS:
        for part in str(scripts.get(name, "")).split("&&"):
            if part.strip():
                yield name, part.strip()


def _runs(part: str, script: str) -> bool:
    """Whether a command has a package manager run a script."""
    words = [word for word in part.split() if word not in {"run", "--silent", "-s"}]
    return bool(script) and words[1:] == [script] and words[0] in {"npm", "yarn", "pnpm"}
