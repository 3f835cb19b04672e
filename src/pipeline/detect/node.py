"""Node services: package.json, its lockfile, and the files that name a version."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.model import NEVER_SOURCES, NODE_TESTS, NodeService, SourceFilter
from pipeline.errors import UsageError

LTS = ("22", "24")
"""The supported major versions, the default first."""

_RUN_FIELDS = ("name", "version", "type", "main", "exports", "imports")
_DEPENDENCY_FIELDS = (
    "name",
    "version",
    "type",
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "bundledDependencies",
    "overrides",
    "engines",
    "os",
    "cpu",
)
_OTHER_LOCKFILES = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lockb": "bun", "bun.lock": "bun"}


def detect(folder: Path, name: str, settings: Service) -> NodeService:
    """Return what a Node service is.

    Raises
    ------
    UsageError
        If package.json or the lockfile is missing or cannot be used.
    """
    shown = f"{settings.path}/package.json"
    manifest = _manifest(folder / "package.json", shown, name)
    _check_lockfile(folder, settings.path, name)
    scripts = _table(manifest, "scripts")
    build_script = _build_script(scripts, settings, shown)
    output = tuple(settings.node.output or (["dist"] if build_script else []))
    start = _start(manifest, scripts, settings, shown)
    exclude = (*NEVER_SOURCES, *settings.exclude)
    include = tuple(settings.include)
    return NodeService(
        path=settings.path,
        version=_version(folder, manifest, settings, shown),
        build_script=build_script,
        output=output,
        start=start,
        port=settings.port or 3000,
        health="" if settings.health is False else settings.health or "/health",
        install_manifest=_json({key: manifest[key] for key in _DEPENDENCY_FIELDS if key in manifest}),
        runtime_manifest=_json({key: manifest[key] for key in _RUN_FIELDS if key in manifest}),
        install_files=tuple(
            file for file in ("package-lock.json", "npm-shrinkwrap.json", ".npmrc") if (folder / file).is_file()
        ),
        sources=SourceFilter(include, (*exclude, *NODE_TESTS)),
        check_sources=SourceFilter(include, exclude),
        check_scripts=tuple(script for script in ("lint", "test") if script in scripts),
        release=str(manifest.get("version", "")),
        build_env=dict(settings.build.env),
    )


def _manifest(path: Path, shown: str, name: str) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{shown} is missing"
        raise UsageError(msg, service=name, hint="a Node service needs one; `npm init` writes it") from None
    except json.JSONDecodeError as error:
        msg = f"not valid JSON: {error.msg}"
        raise UsageError(msg, file=shown, line=error.lineno, column=error.colno) from None
    except (UnicodeDecodeError, RecursionError, OSError) as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=shown) from None
    if not isinstance(manifest, dict):
        msg = "not an object"
        raise UsageError(msg, file=shown, line=1)
    return manifest


def _check_lockfile(folder: Path, path: str, name: str) -> None:
    if any((folder / file).is_file() for file in ("package-lock.json", "npm-shrinkwrap.json")):
        return
    for file, manager in _OTHER_LOCKFILES.items():
        if (folder / file).is_file():
            msg = f"{path} is locked by {manager} ({file}), which this version does not install with"
            raise UsageError(msg, service=name, hint="npm is supported: `npm install --package-lock-only` writes its lockfile")
    msg = f"{path} has no lockfile: without one, two builds may install different dependencies"
    raise UsageError(msg, service=name, hint=f"run `npm install --package-lock-only` in {path} and commit package-lock.json")


def _build_script(scripts: Mapping[str, Any], settings: Service, shown: str) -> str:
    if settings.node.build is None:
        return "build" if "build" in scripts else ""
    if settings.node.build not in scripts:
        msg = f"no script {settings.node.build!r}"
        raise UsageError(msg, file=shown, hint=f"its scripts are {', '.join(sorted(scripts)) or 'none'}; correct `node.build`")
    return settings.node.build


def _start(manifest: Mapping[str, Any], scripts: Mapping[str, Any], settings: Service, shown: str) -> tuple[str, ...]:
    if settings.runtime.start:
        return tuple(settings.runtime.start)
    for script in ("start:prod", "start"):
        try:
            words = shlex.split(str(scripts.get(script, "")))
        except ValueError:
            continue
        if words[:1] == ["node"] and not any(re.search(r"[&|;<>$`]", word) for word in words):
            return tuple(words)
    if isinstance(manifest.get("main"), str):
        return ("node", str(manifest["main"]))
    for script in ("start:prod", "start"):
        if script in scripts:
            msg = f"the script {script!r} does not start node directly"
            raise UsageError(msg, file=shown, hint='set the command: `runtime = { start = ["node", "dist/index.js"] }`')
    return ("node", "dist/index.js")


def _version(folder: Path, manifest: Mapping[str, Any], settings: Service, shown: str) -> str:
    if settings.node.version:
        return settings.node.version.removeprefix("v")
    for file in (".nvmrc", ".node-version"):
        if (folder / file).is_file():
            text = (folder / file).read_text(encoding="utf-8", errors="replace").strip().removeprefix("v")
            if re.fullmatch(r"\d+(\.\d+){0,2}", text):
                return text
    wanted = str(_table(manifest, "engines").get("node", ""))
    if not wanted:
        return LTS[0]
    for major in LTS:
        if allows(wanted, int(major)):
            return major
    msg = f"engines.node is {wanted!r}, and no supported release ({', '.join(LTS)}) fits it"
    raise UsageError(msg, file=shown, hint="set `node.version` of the service")


def allows(wanted: str, major: int) -> bool:
    """Return whether the newest release of a major version fits a range of package.json's `engines`.

    Only whole majors are told apart: the newest release of a major is taken to fit any minimum within that major.
    """
    return any(_all_hold(part, major) for part in wanted.split("||"))


def _all_hold(comparators: str, major: int) -> bool:
    text = re.sub(r"([<>=^~]+)\s+", r"\1", comparators.strip())
    return all(_holds(word, major) for word in text.split() if word != "-")


def _holds(comparator: str, major: int) -> bool:
    if not (found := re.fullmatch(r"([<>=^~]*)v?(\d+|[xX*])(\.[\dxX*]+)*", comparator)):
        return False
    if not found[2].isdecimal():
        return True
    limit, rest = int(found[2]), any(part not in "0xX*" for part in comparator.split(".")[1:])
    match found[1]:
        case ">=":
            return major >= limit
        case ">":
            return major > limit or (major == limit and rest)
        case "<=":
            return major <= limit
        case "<":
            return major < limit
        case _:
            return major == limit


def _table(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def npm_run(script: str) -> Sequence[str]:
    """Return the command that runs a script of package.json."""
    return ("npm", "run", "--silent", script)
