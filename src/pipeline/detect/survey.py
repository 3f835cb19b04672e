"""A repository → the services in it, with what was understood of each and what has to be asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.config import FILE_NAME, Service
from pipeline.detect.dispatch import detect
from pipeline.detect.found import Found, shown
from pipeline.detect.golang.mains import packages_of
from pipeline.detect.node.start import FRAMEWORKS
from pipeline.detect.syntax import document
from pipeline.errors import UsageError

PRUNED = {"node_modules", "vendor", "dist", "build", "testdata", "test", "tests", "fixtures", "examples", "example", "e2e"}
"""Folders in which no service of a repository is looked for."""

_SERVERS = {
    "@apollo/server",
    "@fastify/cli",
    "@grpc/grpc-js",
    "@hapi/hapi",
    "@hono/node-server",
    "@nestjs/core",
    "express",
    "fastify",
    "fastify-cli",
    "hono",
    "koa",
    "next",
    "polka",
    "restify",
}
"""Packages whose users serve something."""

_DEVELOPMENT_SERVERS = re.compile(
    r"^(?:[^\s=]+=\S+ )*(?:npx )?(?:vite|react-scripts|ng|webpack|parcel|vue-cli-service|astro|docusaurus|vitepress|gatsby|storybook)\b"
)


_NONE = (
    "point --root to the folder that has them; `pipeline init` writes the file where there is a package.json or a go.mod, "
    "or name a folder in it yourself: `[services.NAME]` with its `path`"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service that was found.

    Parameters
    ----------
    settings:
        What was understood, each value with its source.
    question:
        What has to be decided before it can be built, "" where nothing has.
    key:
        The key that decides it, "" where no single one does.
    """

    name: str
    path: str
    kind: str
    settings: tuple[Found[Any], ...] = ()
    question: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The services of a repository, and the folders that looked like one and are none, with the reason."""

    services: tuple[Candidate, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def as_config(self) -> dict[str, Any]:
        """Return the configuration that the survey comes to."""
        return {"services": {item.name: {"path": item.path, "kind": item.kind} for item in self.services}}

    def ambiguous(self, path: str) -> bool:
        """Whether a folder holds services of two kinds."""
        return sum(item.path == path for item in self.services) > 1


def survey(root: Path) -> Survey:
    """Look for the services of a repository."""
    found: list[Candidate] = []
    left_out: dict[str, str] = {}
    taken: set[str] = set()
    for path, kind in _folders(root):
        if reason := _no_service(root / path, kind):
            left_out[path] = reason
            continue
        name = _name(root, path, taken)
        taken.add(name)
        found.append(_candidate(root, name, path, kind))
    return Survey(tuple(found), left_out)


def _folders(root: Path) -> Iterator[tuple[str, str]]:
    for where, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in PRUNED and not name.endswith(("-example", "-examples")) and name[0] not in "._"
        )
        path = Path(where).relative_to(root).as_posix()
        for file, kind in (("package.json", "node"), ("go.mod", "go")):
            if file in files:
                yield path, kind


def _no_service(folder: Path, kind: str) -> str:
    """Return why a folder with a manifest is no service; "" if it is one."""
    if kind == "go":
        return "" if packages_of(folder) else "no main package: a library"
    manifest = document(folder / "package.json").value
    scripts, dependencies = _table(manifest, "scripts"), _table(manifest, "dependencies")
    start = str(scripts.get("start:prod") or scripts.get("start") or "")
    serves = bool(_SERVERS.intersection(dependencies))
    of_framework = "build" in scripts and FRAMEWORKS.keys() & {*dependencies, *_table(manifest, "devDependencies")}
    if ("workspaces" in manifest or (folder / "pnpm-workspace.yaml").is_file()) and not (serves and start):
        return "the root of a workspace"
    if serves:
        return "" if start or "private" in manifest or "exports" not in manifest else "a library"
    if not of_framework and _DEVELOPMENT_SERVERS.match(start):
        return f"`{start}` serves for development alone"
    if start or of_framework or (folder / "server.js").is_file():
        return ""
    return "no start script, and nothing that serves"


def _candidate(root: Path, name: str, path: str, kind: str) -> Candidate:
    settings = Service.model_validate({"path": path, "kind": kind})
    try:
        service = detect(root, name, settings)
    except UsageError as error:
        return Candidate(name, path, kind, question=str(error), key=error.key)
    return Candidate(name, path, kind, service.settings)


def _name(root: Path, path: str, taken: set[str]) -> str:
    """Return a name that an image can have: the folder's, with its parents' where that is taken."""
    parts = Path(root.resolve().name if path == "." else path).parts
    for last in range(1, len(parts) + 1):
        name = re.sub(r"[^a-z0-9]+", "-", "-".join(parts[-last:]).lower()).strip("-") or "service"
        if name not in taken:
            return name
    return next(numbered for number in count(2) if (numbered := f"{name}-{number}") not in taken)


def _table(manifest: object, key: str) -> Mapping[str, Any]:
    value = manifest.get(key) if isinstance(manifest, dict) else None
    return value if isinstance(value, dict) else {}


def as_toml(found: Survey) -> str:
    """Return the survey as a configuration file: its keys, and in comments what was understood and what is asked."""
    lines = [
        "# Written by `pipeline init`. Every key but `path` has a detected default, shown below with the place that says so:",
        "# take its # away to decide otherwise.",
    ]
    for item in found.services:
        lines += ["", f"[services.{item.name}]", f"path = {shown(item.path)}"]
        if found.ambiguous(item.path):
            lines.append(f"kind = {shown(item.kind)}")
        if item.question:
            lines += [f"# ASKED: {line}" for line in item.question.splitlines()]
        rows = [(f"# {entry.key} = {shown(entry.value)}", entry.source) for entry in item.settings if _tells(entry)]
        width = min(max((len(row) for row, _ in rows), default=0), 60)
        lines += [f"{row:<{width}}  # {source}" if source else row for row, source in rows]
    if found.left_out:
        lines += ["", "# Left out:", *(f"#   {path}: {reason}" for path, reason in found.left_out.items())]
    return "\n".join(lines) + "\n"


def _tells(entry: Found[Any]) -> bool:
    """Whether a value is worth a line in a new file: one that is empty is not, unless a place tells what could stand there."""
    return entry.value is False or bool(entry.value) or bool(entry.line)


def as_text(found: Survey) -> str:
    """Return the survey for people: a line a service, then what is asked."""
    width = max((len(item.name) for item in found.services), default=0)
    lines = [
        f"{item.name:<{width}}  {item.kind:<4}  {item.path}{'  needs a decision' if item.question else ''}"
        for item in found.services
    ]
    lines += [f"{path}: left out: {reason}" for path, reason in found.left_out.items()]
    for item in found.services:
        if item.question:
            lines += ["", f"{item.name}: {item.question}"]
    return "\n".join(lines) + "\n"


def undecided(found: Survey) -> UsageError:
    """Return the error for a repository that cannot be built before something is decided."""
    if not found.services:
        reasons = "".join(f"; {path}: {reason}" for path, reason in found.left_out.items())
        msg = f"there is no {FILE_NAME}, and no service was found{reasons}"
        return UsageError(msg, hint=_NONE)
    item = next(item for item in found.services if item.question)
    msg = f"there is no {FILE_NAME}, and of {item.path} something has to be decided: {item.question}"
    return UsageError(
        msg, key=f"services.{item.name}.{item.key}" if item.key else "", hint="`pipeline init` writes a file to do so in"
    )
