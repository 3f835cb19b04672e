"""P4: dependencies that nobody declared: a manifest and a lockfile that disagree, imports of what is not declared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tree_sitter import Node

from pipeline.detect.golang.directives import directives
from pipeline.detect.programs import Program
from pipeline.detect.syntax import Above, Document, document, line, placed, text
from pipeline.doctor.dockerfile import Dockerfile
from pipeline.doctor.facts import Step, installs, steps
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity
from pipeline.doctor.service import ServiceFolder

_LOCKFILES = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb")
_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_BUILTIN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "sys",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
    ]
)

_NODE = {
    "pipeline.toml": '[services.app]\npath = "app"\n',
    "app/package.json": '{"name": "app", "main": "index.js", "dependencies": {"fastify": "5.6.1"}}\n',
    "app/package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"fastify": "5.6.1"}},'
    ' "node_modules/fastify": {"version": "5.6.1"}}}\n',
    "app/index.js": 'import fastify from "fastify";\nimport { readFile } from "node:fs/promises";\n',
}
_GO = {
    "pipeline.toml": '[services.app]\npath = "app"\n',
    "app/go.mod": "module example.com/app\n\ngo 1.25\n\nrequire github.com/go-chi/chi/v5 v5.2.3\n",
    "app/go.sum": "github.com/go-chi/chi/v5 v5.2.3 h1:WQIt9uxdsAbgIYgid+BpYc+liqQZGMHRaUwp0JUcvdE=\n"
    "github.com/go-chi/chi/v5 v5.2.3/go.mod h1:L2yAIGWB3H+phAw1NxKwWM+7eUH/lU8pOMm5hHcoops=\n",
    "app/main.go": 'package main\n\nimport _ "github.com/go-chi/chi/v5"\n\nfunc main() {}\n',
}
_FILE = {
    "Dockerfile": "FROM node:22.11.0 AS deps\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
    "RUN --mount=type=cache,target=/root/.npm npm ci\n",
    "package.json": '{"dependencies": {"fastify": "5.6.1"}}\n',
    "package-lock.json": "{}\n",
}

NO_LOCKFILE = Rule(
    id="P4-no-lockfile",
    title="No lockfile",
    why="Each build takes what is newest today: two builds of one commit differ, and a stranger's release breaks yours.",
    severity=Severity.ERROR,
    bad={key: value for key, value in _NODE.items() if not key.endswith("package-lock.json")},
    good=_NODE,
)
LOCKFILE_DISAGREES = Rule(
    id="P4-lockfile-disagrees",
    title="The manifest and the lockfile disagree",
    why="A locked install refuses: it works on the machine where `npm install` was run, and in no other place.",
    severity=Severity.ERROR,
    bad={
        **_NODE,
        "app/package.json": _NODE["app/package.json"].replace('"fastify": "5.6.1"', '"fastify": "5.6.1", "zod": "4.1.12"'),
    },
    good=_NODE,
)
UNDECLARED_IMPORT = Rule(
    id="P4-undeclared-import",
    title="An import that no manifest declares",
    why="It is there because something else depends on it, until that changes its mind; with pnpm, or without development "
    "dependencies, it is not there at all.",
    severity=Severity.ERROR,
    bad={**_NODE, "app/index.js": _NODE["app/index.js"] + 'import pino from "pino";\n'},
    good=_NODE,
)
GO_SUM = Rule(
    id="P4-go-sum",
    title="go.sum is incomplete",
    why="The build ends with `missing go.sum entry`, since a build in an image does not change the file.",
    severity=Severity.ERROR,
    bad={**_GO, "app/go.sum": "github.com/go-chi/chi/v5 v5.2.2/go.mod h1:L2yAIGWB3H+phAw1NxKwWM+7eUH/lU8pOMm5hHcoops=\n"},
    good=_GO,
)
UNLOCKED_INSTALL = Rule(
    id="P4-unlocked-install",
    title="An install that may change the lockfile",
    why="`npm install` takes newer versions where the lockfile allows or lacks them, and says nothing about it.",
    severity=Severity.WARNING,
    bad={**_FILE, "Dockerfile": _FILE["Dockerfile"].replace("npm ci", "npm install")},
    good=_FILE,
)
LOOSE_PACKAGE = Rule(
    id="P4-loose-package",
    title="A package is installed without a version",
    why="No lockfile holds what is named in a command: it is another version in each build.",
    severity=Severity.WARNING,
    bad={**_FILE, "Dockerfile": _FILE["Dockerfile"] + "RUN npm install -g pm2\n"},
    good={**_FILE, "Dockerfile": _FILE["Dockerfile"] + "RUN npm install -g pm2@6.0.13\n"},
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        for step in steps(dockerfile, stage):
            yield from _unlocked(dockerfile, step)
            yield from _loose(dockerfile, step)


def _unlocked(dockerfile: Dockerfile, step: Step) -> Iterator[Finding]:
    manager, command = installs(step.command), step.command
    locked = {"npm": ("package-lock.json", "npm-shrinkwrap.json"), "yarn": ("yarn.lock",)}
    lockfile = next((name for name in locked.get(manager, ()) if dockerfile.context.has(name)), "")
    elsewhere = command.option("--prefix", "-C", "--cwd")
    if not lockfile or elsewhere or _is_locked(dockerfile, step, manager):
        return
    wanted = "npm ci" if manager == "npm" else f"yarn install {'--immutable' if _is_berry(dockerfile) else '--frozen-lockfile'}"
    yield UNLOCKED_INSTALL.at(
        dockerfile.name,
        command.line,
        f"`{' '.join(command.words[:3])}` does not hold to {lockfile}",
        f"`{wanted}`",
        _replaced(dockerfile, step, wanted),
    )


def _is_locked(dockerfile: Dockerfile, step: Step, manager: str) -> bool:
    command = step.command
    if manager == "npm":
        return command.operands[:1] in {("ci",), ("clean-install",)}
    if command.option("--frozen-lockfile", "--immutable", "--pure-lockfile"):
        return True
    # Yarn from its second version on is strict by itself where it takes itself to be in CI.
    return _is_berry(dockerfile) and "CI" in command.variables


def _is_berry(dockerfile: Dockerfile) -> bool:
    return dockerfile.context.has(".yarnrc.yml")


def _replaced(dockerfile: Dockerfile, step: Step, wanted: str) -> list[Edit]:
    """Return the change of `npm install` to `npm ci`, where the words stand so on one line and the lockfile is copied."""
    number = step.command.line
    old = dockerfile.lines[number - 1]
    changed = re.sub(r"\bnpm (?:install|i)\b(?! -g)", wanted, old, count=1)
    copied = any(
        "." in item.copied or "lock" in " ".join(item.copied) or "*" in " ".join(item.copied) for item in step.stage.chain()
    )
    return (
        [Edit(dockerfile.name, number, number + 1, changed + "\n")] if changed != old and copied and wanted == "npm ci" else []
    )


def _loose(dockerfile: Dockerfile, step: Step) -> Iterator[Finding]:
    command = step.command
    if command.program != "npm" or command.operands[:1] not in {("install",), ("i",), ("add",)}:
        return
    loose = [word for word in command.operands[1:] if re.fullmatch(r"(@[a-z][\w.-]*/)?[a-z][\w.-]*(@(latest|next))?", word)]
    if loose and step.stage in dockerfile.final.lineage and not command.option("--prefix"):
        yield LOOSE_PACKAGE.at(
            dockerfile.name,
            command.line,
            f"{', '.join(loose)} in whatever version is newest at the time of the build",
            "name the version, or make it a dependency of the project",
        )


def _service(service: ServiceFolder) -> Iterator[Finding]:
    if service.kind == "go":
        yield from _go_sum(service)
        return
    if not service.manifest.value:
        return
    root = _workspace_root(service)
    if (
        not any((folder / name).exists() for folder in {service.folder, root} for name in _LOCKFILES)
        and service.settings.node.frozen
    ):
        yield NO_LOCKFILE.at(
            service.shown("package.json"),
            1,
            f"{service.name} has no lockfile",
            f"`npm install --package-lock-only` in {service.settings.path}, and commit it",
        )
    yield from _disagreements(service)
    yield from _imports(service, root)


def _workspace_root(service: ServiceFolder) -> Path:
    """Return the outermost folder of the repository that has a manifest and holds the service."""
    found = service.folder
    for folder in service.folder.parents:
        if not folder.is_relative_to(service.root):
            break
        if (folder / "package.json").is_file() or (folder / "pnpm-workspace.yaml").is_file():
            found = folder
    return found


def _disagreements(service: ServiceFolder) -> Iterator[Finding]:
    path = next((service.folder / name for name in _LOCKFILES[:2] if (service.folder / name).is_file()), None)
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))["packages"][""] if path else None
    except (OSError, ValueError, KeyError, TypeError):
        return
    if not isinstance(locked, dict):
        return
    for table in ("dependencies", "devDependencies", "optionalDependencies"):
        wanted, held = _table(service.manifest.value, table), _table(locked, table)
        for name in sorted(wanted.keys() | held.keys()):
            if wanted.get(name) == held.get(name) or (name in _table(service.manifest.value, "optionalDependencies")):
                continue
            number = service.manifest.line(table, name) or service.manifest.line(table)
            yield LOCKFILE_DISAGREES.at(
                service.shown("package.json"),
                number,
                f"{name} is {wanted.get(name) or 'not there'} here, and {held.get(name) or 'not there'} in "
                f"{path.name if path else 'the lockfile'} ({table})",
                "`npm install --package-lock-only`, and commit both",
            )


def _imports(service: ServiceFolder, root: Path) -> Iterator[Finding]:
    declared = _declared(service, root)
    aliases = _aliases(service)
    told: set[str] = set()
    for program in service.programs:
        for specifier, node in _imported(program):
            name = _package(specifier)
            if name in declared or name in told or name in _BUILTIN or specifier.startswith(aliases):
                continue
            if (service.folder / name).exists() or (service.folder / "src" / name).exists():
                continue
            told.add(name)
            yield UNDECLARED_IMPORT.at(
                program.name,
                line(node),
                f"{name} is imported, and {service.shown('package.json')} does not declare it",
                f"`npm install {name}`",
            )


def _declared(service: ServiceFolder, root: Path) -> set[str]:
    """Return the packages that a service may import: its own, and those of the manifests above it."""
    found: set[str] = {str(service.manifest.value.get("name", ""))}
    for folder in {service.folder, root}:
        value = document(folder / "package.json").value
        found |= {name for table in _TABLES for name in _table(value, table)}
    types = {name.removeprefix("@types/") for name in found if name.startswith("@types/")}
    return found | types | {re.sub(r"^(\w[\w.-]*)__", r"@\1/", name) for name in types}


@cache
def _config(path: Path) -> Document:
    return document(path)


def _aliases(service: ServiceFolder) -> tuple[str, ...]:
    """Return what the names begin with that the compiler's or bundler's settings map to files."""
    found: set[str] = set()
    for path in service.folder.glob("*config*.json"):
        options = _table(_config(path).value, "compilerOptions")
        if "baseUrl" in options:
            base = (path.parent / str(options["baseUrl"])).resolve()
            found |= {item.stem for item in base.iterdir()} if base.is_dir() else set()
        found |= {key.removesuffix("*") for key in _table(options, "paths")} - {""}
        if "extends" in _config(path).value and not _table(options, "paths"):
            found |= {"@/", "~/"}
    return tuple(found)


def _imported(program: Program) -> Iterator[tuple[str, Node]]:
    """Yield what a file imports from packages when it runs, types left out."""
    if b"import" not in program.content and b"require" not in program.content:
        return
    root = program.tree()
    for node, above in placed(root, "import_statement", "export_statement", "call_expression") if root else ():
        source: Node | None = None
        if node.type == "call_expression":
            function = text(node.child_by_field_name("function"))
            arguments = node.child_by_field_name("arguments")
            if function == "require" and arguments and len(arguments.named_children) == 1 and not _guarded(above):
                source = arguments.named_children[0]
        elif not re.match(r"(?:import|export)\s+type\b", text(node)):
            source = node.child_by_field_name("source")
        if source is None or source.type != "string":
            continue
        name = text(source)[1:-1]
        if re.match(r"(?:@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*(?:/|\Z)", name):
            yield name, node


def _guarded(above: Above | None) -> bool:
    """Whether a call stands in a `try`: what is optional is asked for there."""
    return above is not None and any(node.type == "try_statement" for node in above.nearest())


def _package(name: str) -> str:
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]


def _table(value: object, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _go_sum(service: ServiceFolder) -> Iterator[Finding]:
    manifest, sums = service.folder / "go.mod", service.folder / "go.sum"
    if not manifest.is_file() or (service.folder / "vendor").is_dir():
        return
    above = (folder for folder in (service.folder, *service.folder.parents) if folder.is_relative_to(service.root))
    if any((folder / "go.work").is_file() for folder in above):  # it has sums of its own
        return
    content = manifest.read_text(encoding="utf-8", errors="replace")
    lines, found = content.splitlines(), list(directives(content))
    replaced = {item.words[0] for item in found if item.name == "replace" and item.words}
    locked = sums.read_text(encoding="utf-8", errors="replace") if sums.is_file() else ""
    held = set(re.findall(r"^(\S+ \S+) h1:", locked, re.MULTILINE))
    for item in found:
        if item.name != "require" or len(item.words) < 2 or item.words[0] in replaced:  # noqa: PLR2004 - a module and its version
            continue
        indirect = lines[item.line - 1].partition("//")[2].strip() == "indirect"
        wanted = f"{item.words[0]} {item.words[1]}{'/go.mod' if indirect else ''}"
        if wanted in held:
            continue
        yield GO_SUM.at(
            service.shown("go.mod"),
            item.line,
            f"go.sum has no entry for {wanted}",
            f"`go mod tidy` in {service.settings.path}, and commit go.sum",
        )


FAMILY = Family(
    "P4",
    "Dependencies that are declared",
    (NO_LOCKFILE, LOCKFILE_DISAGREES, UNDECLARED_IMPORT, GO_SUM, UNLOCKED_INSTALL, LOOSE_PACKAGE),
    dockerfile=_check,
    service=_service,
)
