"""What an install reads and does beside the lockfile: settings, patches, install scripts, compilers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.found import Found, configured, joined
from pipeline.detect.model import Manager
from pipeline.detect.node.managers import LOCKFILES
from pipeline.detect.node.manifest import AT_RUN_TIME, Manifest
from pipeline.files import plain

_SETTINGS = {
    "npm": (".npmrc",),
    "pnpm": ("pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"),
    "yarn": (".npmrc", ".yarnrc", "patches"),
    "berry": (".yarnrc.yml", ".yarn/releases", ".yarn/plugins", ".yarn/patches"),
}

_BUILT_FROM_SOURCE = (
    "node-gyp",
    "node-gyp-build",
    "node-addon-api",
    "nan",
    "bindings",
    "prebuild-install",
    "@mapbox/node-pre-gyp",
)
"""Packages that those need which may be compiled when they are installed."""

_DOWNLOADS = {
    "@sentry/cli": {"SENTRYCLI_SKIP_DOWNLOAD": "1"},
    "chromedriver": {"CHROMEDRIVER_SKIP_DOWNLOAD": "true"},
    "cypress": {"CYPRESS_INSTALL_BINARY": "0"},
    "electron": {"ELECTRON_SKIP_BINARY_DOWNLOAD": "1"},
    "husky": {"HUSKY": "0"},
    "mongodb-memory-server": {"MONGOMS_DISABLE_POSTINSTALL": "1"},
    "playwright": {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"},
    "puppeteer": {"PUPPETEER_SKIP_DOWNLOAD": "true"},
}
"""Packages that download what no image needs when they are installed, and what keeps them from it."""

COMPILERS = ("g++", "make", "python3")
"""What compiling a native addon takes."""


def inputs(folder: Path, manager: Manager, settings: Service) -> tuple[str, ...]:
    """Return the patterns of the files that an install reads, relative to the context."""
    known = (*_lockfiles(manager), *_SETTINGS[manager.name])
    found = [name for name in known if (folder / name).exists()]
    return (*found, *settings.node.install_inputs)


def variables(manifests: Sequence[Manifest], settings: Service) -> Found[Mapping[str, str]]:
    """Return the variables that an install sees: what keeps development tools from downloading, and what is configured."""
    needed = {name for manifest in manifests for key in AT_RUN_TIME for name in manifest.table(key)}
    tools = {name for manifest in manifests for name in manifest.table("devDependencies")} - needed
    names = [name for name in _DOWNLOADS if name in tools]
    off = {variable: value for name in names for variable, value in _DOWNLOADS[name].items()}
    why = f"no image needs what {', '.join(names)} would download" if names else ""
    if settings.node.install_env:
        why = " and ".join(filter(None, ("pipeline.toml", why)))
    return Found("node.install_env", {**off, **settings.node.install_env}, why=why)


def secrets(folder: Path) -> tuple[str, ...]:
    """Return the variables that the repository's settings of its package manager name: `${NPM_TOKEN}`."""
    found: dict[str, None] = {}
    for name in (".npmrc", ".yarnrc.yml"):
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            found |= dict.fromkeys(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)[?:}-]", text))
    return tuple(found)


def scripts(folder: Path, place: str, manager: Manager, settings: Service) -> Found[tuple[str, ...] | bool]:
    """Return the dependencies whose install scripts run: True for all. npm's lockfile says which have any."""
    key, asked = "node.install_scripts", settings.node.install_scripts
    if asked is not None:
        return configured(key, tuple(asked) if isinstance(asked, list) else asked)
    lockfile = _lockfile(folder, manager)
    if manager.name != "npm" or lockfile is None:
        return Found(key, True, why="by convention")
    file = joined(place, lockfile.name)
    names = {_name(path) for path, item in _packages(lockfile).items() if item.get("hasInstallScript")}
    if not names:
        return Found(key, False, file, why="no dependency has any")
    return Found(key, True, file, why=f"those of {', '.join(sorted(names))}")


def native(folder: Path, place: str, manager: Manager, settings: Service) -> Found[bool]:
    """Return whether dependencies may have to be compiled when they are installed."""
    key = "node.native"
    if settings.node.native is not None:
        return configured(key, settings.node.native)
    lockfile = _lockfile(folder, manager)
    if lockfile is None:
        return Found(key, False, why="no lockfile tells of any")
    file = joined(place, lockfile.name)
    if manager.name == "npm":
        for path, item in _packages(lockfile).items():
            needs = item.get("dependencies")
            if item.get("hasInstallScript") and isinstance(needs, dict) and (by := sorted(needs.keys() & _BUILT)):
                return Found(key, True, file, why=f"{_name(path)} is installed by {by[0]}")
        return Found(key, False, file, why="no dependency is compiled")
    for number, line in enumerate(lockfile.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if found := _LOCKED.match(line):
            return Found(key, True, file, number, f"{found[1]} is among the dependencies")
    return Found(key, False, file, why="no dependency is compiled")


_BUILT = set(_BUILT_FROM_SOURCE)
_LOCKED = re.compile(rf"\s*[\"'/]*({'|'.join(map(re.escape, _BUILT_FROM_SOURCE))})(?:@|/\d)")


def _lockfiles(manager: Manager) -> list[str]:
    """Return what locks for a package manager, the one that it goes by first."""
    family = "yarn" if manager.name == "berry" else manager.name
    return [name for name, locked_by in LOCKFILES.items() if locked_by == family]


def _lockfile(folder: Path, manager: Manager) -> Path | None:
    return next((folder / name for name in _lockfiles(manager) if (folder / name).is_file()), None)


def _packages(lockfile: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the dependencies that a lockfile of npm's lists, by the folders that they are installed to."""
    try:
        data = json.loads(plain(lockfile).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    packages = data.get("packages") if isinstance(data, dict) else None
    if not isinstance(packages, dict):
        return {}
    return {path: item for path, item in packages.items() if path and isinstance(item, dict)}


def _name(path: str) -> str:
    return path.rpartition("node_modules/")[2]
