"""The command that starts a service: out of its scripts, where one of them runs a program without a shell's help."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.config import Service
from pipeline.detect.found import Found, configured, shown
from pipeline.detect.node import astro, commandline, listening
from pipeline.detect.node.manifest import AT_RUN_TIME, Manifest
from pipeline.detect.node.options import WITH_A_VALUE, without_variables
from pipeline.detect.programs import NODE_FILES
from pipeline.detect.sources import NOT_SOURCES
from pipeline.errors import UsageError

_KEY = "runtime.start"
SCRIPTS = ("start:prod", "start:production", "start", "prod", "production")
"""The scripts that start a service, the one for production first."""

_MIGRATES = re.compile(r"(?:\w+:)?migrat(?:e|ions?)(?::(?:deploy|latest|prod|production|run|up))?\Z")
_MANAGERS = ("npm", "pnpm", "yarn")
_ASSIGNMENT = re.compile(r"([A-Z_][A-Z0-9_]*)=(.*)\Z")

PROGRAMS = {
    "fastify": listening.FASTIFY,
    "next": "node_modules/next/dist/bin/next",
    "remix-serve": "node_modules/@remix-run/serve/dist/cli.js",
    "react-router-serve": "node_modules/@react-router/serve/bin.cjs",
    "strapi": "node_modules/@strapi/strapi/bin/strapi.js",
}
"""Programs of packages that serve in production, by the file that node runs: the image has no shell for their wrappers."""

_LOADERS = {"tsx": ("--import", "tsx"), "ts-node": ("--require", "ts-node/register")}
"""Programs that run TypeScript, and how node does the same by them."""

_RUNNERS = {*_LOADERS, "nodemon", "ts-node-dev", "tsnd"}
_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")

FRAMEWORKS = {"nuxt": ".output/server/index.mjs", "@sveltejs/adapter-node": "build/index.js", astro.ADAPTER: astro.SERVER}
"""What builds of frameworks make that serves by itself. The projects that they begin with have no script that starts it."""


@dataclass(frozen=True, slots=True)
class Start:
    """A command, with the variables that its script sets before it."""

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def start(folder: Path, manifest: Manifest, settings: Service, *, built: str) -> Found[Start]:
    """Return the command that starts a service.

    Parameters
    ----------
    built:
        The folder that the service's build makes as far as is known, "" where nothing is built.

    Raises
    ------
    UsageError
        If it cannot be told.
    """
    if settings.runtime.start:
        return configured(_KEY, Start(tuple(settings.runtime.start)))
    if found := _by_script(manifest) or (_of_framework(manifest) if built else None):
        return found
    passed = next((script for script in SCRIPTS if script in manifest.table("scripts")), "")
    main = manifest.data.get("main")
    # The `main` that `npm init` writes is often nowhere.
    if isinstance(main, str) and (built or not passed or file_of(folder, main)):
        return _in_place_of(manifest, passed, manifest.found(_KEY, Start(("node", main)), "main"))
    if (folder / "server.js").is_file():
        return _in_place_of(
            manifest, passed, Found(_KEY, Start(("node", "server.js")), manifest.file, why="server.js is there")
        )
    if passed:
        raise _starts_nothing(manifest, passed)
    if built:
        return Found(_KEY, Start(("node", f"{built}/index.js")), why="by convention")
    if (folder / "index.js").is_file():
        return Found(_KEY, Start(("node", "index.js")), manifest.file, why="index.js is there")
    msg = "no start script, no `main`, no server.js: it cannot be told what starts the service"
    raise UsageError(msg, file=manifest.file, key=_KEY, hint='set the command: `runtime = { start = ["node", "…"] }`')


def _in_place_of(manifest: Manifest, script: str, found: Found[Start]) -> Found[Start]:
    """Return what starts in the place of a script that starts no program by itself, with what is not run then.

    Raises
    ------
    UsageError
        If the script takes a shell, and nothing that it runs is that.
    """
    line = str(manifest.table("scripts").get(script, ""))
    if not line.strip():
        return found
    if commandline.words(line):
        return replace(found, why=f"{found.why}; scripts.{script} starts no program by itself")
    scripts, main = manifest.table("scripts"), manifest.data.get("main")
    runs = (_of_line(command, scripts, frozenset({script})) for command in commandline.commands(line))
    for run in runs:
        if run and _named(run, main) == _named(found.value, main):
            told = manifest.found(_KEY, replace(run, command=without_variables(run.command)), "scripts", script)
            return replace(told, why=f"{told.why}; what else it has a shell do is not part of it")
    msg = f"the script {script!r} (`{line}`) takes a shell, and it is not told whether {found.value.command[1]} does the same"
    hint = f"{_set(found.value.command)}, or, with a shell in the image, {shown(('sh', '-c', line))}"
    raise UsageError(msg, file=manifest.file, line=manifest.line("scripts", script), key=_KEY, hint=hint)


def _named(start: Start, main: object) -> str:
    """Return the file that a command runs by its shortest name."""
    return entry(start.command, main).removesuffix(".js").removesuffix("/index")


def _starts_nothing(manifest: Manifest, script: str) -> UsageError:
    line = str(manifest.table("scripts")[script])
    words = commandline.words(line)
    tool = next((word for word in words if word in _RUNNERS), "")
    source = next((word for word in words if word.endswith(NODE_FILES)), "")
    installed = any(tool in manifest.table(key) for key in AT_RUN_TIME)
    msg = f"the script {script!r} (`{line}`) starts no program by itself"
    if tool and not installed:
        msg += f", and {tool} is for development: no image has it"
    if not tool or not source:
        hint = _set(("node", "dist/index.js"))
    elif not source.endswith(_TYPESCRIPT):
        hint = _set(("node", source))
    else:
        hint = f"compile {source} by a script `build`, and {_set(('node', f'dist/{PurePosixPath(source).stem}.js'))}"
        if tool in _LOADERS:
            moved = "" if installed else f"make {tool} one of `dependencies`, and "
            hint = f"{hint}; or {moved}{_set(('node', *_LOADERS[tool], source))}"
    return UsageError(msg, file=manifest.file, line=manifest.line("scripts", script), key=_KEY, hint=hint)


def _set(command: Sequence[str]) -> str:
    return f"set the command: `runtime = {{ start = {shown(tuple(command))} }}`"


def _by_script(manifest: Manifest) -> Found[Start] | None:
    scripts = manifest.table("scripts")
    for script in SCRIPTS:
        if found := of_script(scripts, script):
            started = manifest.found(_KEY, replace(found, command=without_variables(found.command)), "scripts", script)
            no_env = "no image has a .env" if started.value != found else ""
            left_out = next(filter(_MIGRATES.match, scripts), "")
            without = f"the script {left_out} is not part of it" if left_out else ""
            return replace(started, why="; ".join(filter(None, (started.why, no_env, without))))
    return None


def _of_framework(manifest: Manifest) -> Found[Start] | None:
    for name, file in FRAMEWORKS.items():
        if manifest.depends_on(name):
            return Found(_KEY, Start(("node", file)), manifest.file, why=f"{name} makes it")
    return None


def of_script(scripts: Mapping[str, Any], name: str, seen: frozenset[str] = frozenset()) -> Start | None:
    """Return what a script starts, or another that it runs and nothing else.

    None where that takes a shell, or is none of the programs that serve in production.
    """
    return _of_line(str(scripts.get(name, "")), scripts, seen | {name})


def _of_line(line: str, scripts: Mapping[str, Any], seen: frozenset[str]) -> Start | None:
    words = commandline.words(line)
    if words[:1] in (["cross-env"], ["env"], ["exec"]):
        words = words[1:]
    env: dict[str, str] = {}
    while words and (found := _ASSIGNMENT.match(words[0])):
        env[found[1]] = found[2]
        words = words[1:]
    if words and words[0] in _MANAGERS:
        match [word for word in words[1:] if word not in {"run", "--silent", "-s"}]:
            case [other] if other not in seen:
                run = of_script(scripts, other, seen)
                return Start(run.command, {**env, **run.env}) if run else None
    if not words:
        return None
    if words[0] == "node":
        return Start(tuple(words), env)
    serves = words[0] not in {"next", "strapi"} or words[1:2] == ["start"]
    if words[0] in PROGRAMS and serves and "-w" not in words:
        return Start(("node", PROGRAMS[words[0]], *words[1:]), env)
    return None


def file_of(folder: Path, name: str) -> str:
    """Return the source that node takes for a name ("index" is index.js), "" where there is none.

    What lies in a folder that no build takes in is none: what a developer built is not in the repository. Nor is what a path from
    the root names, which is a file of the image.
    """
    if not name or name.startswith("/") or name.partition("/")[0] in NOT_SOURCES:
        return ""
    forms = (name, *(f"{name}{suffix}" for suffix in (".js", ".cjs", ".mjs")), f"{name}/index.js")
    return next((form for form in forms if (folder / form).is_file()), "")


def entry(command: tuple[str, ...], main: object = None) -> str:
    """Return the first file that a command names, "" where it names none: what node runs, or what a program of a package is given.

    The folder itself (`node .`) stands for what the manifest's `main` names, index.js where it names nothing.
    """
    words = command[1:] if command[:1] == ("node",) else command
    skip = of_package = False
    for word in words:
        if skip:
            skip = False
        elif word in WITH_A_VALUE:
            skip = True
        elif word.startswith("node_modules/"):
            of_package = True
        elif word in {".", "./"}:
            named = main.removeprefix("./") if isinstance(main, str) else ""
            return named if named not in {"", "."} else "index.js"
        elif not word.startswith("-") and not (of_package and word == "start"):
            return word.removeprefix("./")
    return ""
