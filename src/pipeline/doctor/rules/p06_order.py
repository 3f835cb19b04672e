"""P6: sources copied before dependencies are installed, so that every edit of a source installs them anew."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.doctor.dockerfile import Dockerfile, Instruction
from pipeline.doctor.facts import Step, installs, steps
from pipeline.doctor.model import Family, Finding, Rule, Severity
from pipeline.doctor.shell import Command

_SOURCES = {".", "src", "lib", "app", "cmd", "internal", "pkg", "server"}
"""What a `COPY` calls sources: the whole context, or a folder that is never a manifest."""

_STORES = {"npm": "/root/.npm", "pnpm": "/root/.local/share/pnpm/store", "yarn": "/usr/local/share/.cache/yarn"} | {
    "bun": "/root/.bun/install/cache",
    "go": "/go/pkg/mod",
}
_MANIFESTS = {
    "npm": "package.json package-lock.json",
    "pnpm": "package.json pnpm-lock.yaml",
    "yarn": "package.json yarn.lock",
    "bun": "package.json bun.lock",
    "go": "go.mod go.sum",
}

_GOOD = {
    "Dockerfile": """\
FROM node:22.11.0 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build
""",
    ".dockerignore": "node_modules\n.git\n.env*\n",
}

SOURCES_FIRST = Rule(
    id="P6-sources-first",
    title="Sources are copied before dependencies are installed",
    why="A step is run anew when its inputs change. With the sources among them, every edit of a source installs all "
    "dependencies again; with the manifest and the lockfile alone, only a change of dependencies does.",
    severity=Severity.WARNING,
    bad={
        **_GOOD,
        "Dockerfile": """\
FROM node:22.11.0 AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci
RUN npm run build
""",
    },
    good=_GOOD,
)
NO_CACHE_MOUNT = Rule(
    id="P6-no-cache-mount",
    title="An install without a cache mount",
    why="When the lockfile changes, the whole step runs again and downloads every package. A cache mount keeps what was "
    "downloaded, outside of the image.",
    severity=Severity.NOTE,
    bad={**_GOOD, "Dockerfile": _GOOD["Dockerfile"].replace("--mount=type=cache,target=/root/.npm ", "")},
    good=_GOOD,
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        known: set[str] = set()
        for step in steps(dockerfile, stage):
            manager = installs(step.command) or _downloads_modules(step)
            if not manager or manager in known:
                continue
            known.add(manager)
            yield from _one(dockerfile, step, manager)


def _one(dockerfile: Dockerfile, step: Step, manager: str) -> Iterator[Finding]:
    line = step.command.line
    command = " ".join(step.command.words[:3])
    mounted = any(mount.get("type") == "cache" for mount in step.instruction.mounts)
    bound = any(mount.get("type") == "bind" and "from" not in mount for mount in step.instruction.mounts)
    if not (mounted and step.command.program == "go") and (copied := _copied_before(step)):
        yield SOURCES_FIRST.at(
            dockerfile.name,
            copied.line,
            f"{_sources(copied)} copied before `{command}` (line {line}): each edit of a source installs all dependencies again",
            f"copy {_MANIFESTS[manager]} first, install, and copy the sources after that",
        )
    if not mounted and not bound and not _vendored(dockerfile, manager):
        yield NO_CACHE_MOUNT.at(
            dockerfile.name,
            line,
            f"`{command}` downloads everything again when the lockfile changes",
            f"`RUN --mount=type=cache,target={_STORES[manager]} {command}` (with the folder of the user that installs)",
        )


def _downloads_modules(step: Step) -> str:
    """Return "go" for a build that is the first to download modules."""
    command = step.command
    if not (command.starts("go", "build") or command.starts("go", "install")) or any("@" in word for word in command.operands):
        return ""
    return "" if _installed_before(step) or any("vendor" in word for word in command.words) else "go"


def _installed_before(step: Step) -> bool:
    for stage in step.stage.lineage:
        for item in stage.instructions:
            if item is step.instruction:
                return any(installs(command) == "go" for command in item.script.commands)
            if item.name == "RUN" and any(installs(command) == "go" for command in item.script.commands):
                return True
    return False


def _copied_before(step: Step) -> Instruction | None:
    """Return the first `COPY` of sources before a step; None where the manager has installed in a parent already."""
    found: Instruction | None = None
    for item in step.stage.chain():
        if item is step.instruction:
            return found
        if item.name == "RUN" and any(_same(command, step) for command in item.script.commands):
            return None
        if item.from_context and _SOURCES.intersection(item.copied):
            found = found or item
    return found


def _same(command: Command, step: Step) -> bool:
    return bool(installs(command)) and command.program == step.command.program


def _sources(copied: Instruction) -> str:
    return "the whole context is" if "." in copied.copied else f"{', '.join(sorted(_SOURCES.intersection(copied.copied)))} is"


def _vendored(dockerfile: Dockerfile, manager: str) -> bool:
    return manager == "go" and dockerfile.context.has("vendor/modules.txt")


FAMILY = Family("P6", "Sources before dependencies", (SOURCES_FIRST, NO_CACHE_MOUNT), dockerfile=_check)
