"""Node services: package.json, its lockfile, and the files that name a version."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import nodesemver

from pipeline.config import Service
from pipeline.detect import programs
from pipeline.detect.found import Found, configured
from pipeline.detect.model import NEVER_SOURCES, NODE_TESTS, Health, NodeService, SourceFilter
from pipeline.detect.syntax import document
from pipeline.errors import UsageError

T = TypeVar("T")

LTS = ("22", "24")
"""The supported major versions, the default first."""

OLDER = ("20", "18", "16", "14")
"""Versions past their support, for those who ask for them."""

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
    manifest = Manifest(_manifest(folder / "package.json", shown, name), shown, document(folder / "package.json").lines)
    _check_lockfile(folder, settings.path, name)
    build_script = _build_script(manifest, settings)
    output = _output(build_script.value, settings)
    start = _start(manifest, settings)
    version = _version(folder, manifest, settings)
    port, health = programs.listening(folder, settings, programs.NODE_FILES, 3000)
    exclude = (*NEVER_SOURCES, *settings.exclude)
    include = tuple(settings.include)
    data = manifest.data
    return NodeService(
        path=settings.path,
        version=version.value,
        build_script=build_script.value,
        output=output.value,
        start=start.value,
        port=port.value,
        health=Health.of(health.value),
        install_manifest=_json({key: data[key] for key in _DEPENDENCY_FIELDS if key in data}),
        runtime_manifest=_json({key: data[key] for key in _RUN_FIELDS if key in data}),
        install_files=tuple(
            file for file in ("package-lock.json", "npm-shrinkwrap.json", ".npmrc") if (folder / file).is_file()
        ),
        sources=SourceFilter(include, (*exclude, *NODE_TESTS)),
        check_sources=SourceFilter(include, exclude),
        check_scripts=tuple(script for script in ("lint", "test") if script in manifest.table("scripts")),
        release=str(data.get("version", "")),
        build_env=dict(settings.build.env),
        settings=(version, build_script, output, start, port, health),
    )


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package.json: its data, its name relative to the repository, and the lines of its keys."""

    data: Mapping[str, Any]
    file: str
    lines: Mapping[tuple[str, ...], int]

    def table(self, key: str) -> Mapping[str, Any]:
        """Return the object of a key, an empty one where it has none."""
        return _table(self.data, key)

    def found(self, key: str, value: T, *path: str) -> Found[T]:
        """Return a value for a key of the configuration that the manifest's entry at a path tells."""
        return Found(key, value, self.file, self.lines.get(path, 0), ".".join(path))


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


def _build_script(manifest: Manifest, settings: Service) -> Found[str]:
    scripts = manifest.table("scripts")
    if settings.node.build is None:
        if "build" in scripts:
            return manifest.found("node.build", "build", "scripts", "build")
        return Found("node.build", "", manifest.file, why="no script `build`")
    if settings.node.build is False:
        return configured("node.build", "")
    if settings.node.build not in scripts:
        msg = f"no script {settings.node.build!r}"
        known = ", ".join(sorted(scripts)) or "none"
        raise UsageError(msg, file=manifest.file, hint=f"its scripts are {known}; correct `node.build`")
    return configured("node.build", settings.node.build)


def _output(build_script: str, settings: Service) -> Found[tuple[str, ...]]:
    if settings.node.output:
        return configured("node.output", tuple(settings.node.output))
    if build_script:
        return Found("node.output", ("dist",), why="by convention")
    return Found("node.output", (), why="nothing is built")


def _start(manifest: Manifest, settings: Service) -> Found[tuple[str, ...]]:
    key, scripts = "runtime.start", manifest.table("scripts")
    if settings.runtime.start:
        return configured(key, tuple(settings.runtime.start))
    for script in ("start:prod", "start"):
        try:
            words = shlex.split(str(scripts.get(script, "")))
        except ValueError:
            continue
        if words[:1] == ["node"] and not any(re.search(r"[&|;<>$`]", word) for word in words):
            return manifest.found(key, tuple(words), "scripts", script)
    if isinstance(manifest.data.get("main"), str):
        return manifest.found(key, ("node", str(manifest.data["main"])), "main")
    for script in ("start:prod", "start"):
        if script in scripts:
            msg = f"the script {script!r} does not start node directly"
            line = manifest.lines.get(("scripts", script), 0)
            hint = 'set the command: `runtime = { start = ["node", "dist/index.js"] }`'
            raise UsageError(msg, file=manifest.file, line=line, hint=hint)
    return Found(key, ("node", "dist/index.js"), why="by convention")


def _version(folder: Path, manifest: Manifest, settings: Service) -> Found[str]:
    key = "node.version"
    if settings.node.version:
        return configured(key, settings.node.version.removeprefix("v"))
    for file in (".nvmrc", ".node-version"):
        if (folder / file).is_file():
            text = (folder / file).read_text(encoding="utf-8", errors="replace").strip().removeprefix("v")
            if re.fullmatch(r"\d+(\.\d+){0,2}", text):
                return Found(key, text, f"{settings.path}/{file}", 1)
    wanted = str(manifest.table("engines").get("node", ""))
    if not wanted:
        return Found(key, LTS[0], why="the default, since nothing says")
    for release in (*LTS, *OLDER):
        if fitting := _fitting(wanted, release):
            return manifest.found(key, fitting, "engines", "node")
    msg = f"engines.node is {wanted!r}, and no supported release ({', '.join((*LTS, *OLDER))}) fits it"
    line = manifest.lines.get(("engines", "node"), 0)
    raise UsageError(msg, file=manifest.file, line=line, hint="set `node.version` of the service")


def _fitting(wanted: str, major: str) -> str:
    """Return the release of a major version that fits a range: the major where its newest does, else the least that does."""
    try:
        if nodesemver.satisfies(f"{major}.999.999", wanted, loose=True):
            return major
        comparators = [item for group in nodesemver.make_range(wanted, loose=True).set for item in group]
    except ValueError:
        return ""
    lowest = [str(item.semver) for item in comparators if item.operator in {"", "=", ">="} and item.semver]
    return next((item for item in lowest if item.partition(".")[0] == major), "")


def _table(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def npm_run(script: str) -> Sequence[str]:
    """Return the command that runs a script of package.json."""
    return ("npm", "run", "--silent", script)
