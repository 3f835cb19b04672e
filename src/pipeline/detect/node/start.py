"""The command that starts a service: out of its scripts, where one of them runs a program without a shell's help."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.node.manifest import Manifest
from pipeline.errors import UsageError

_KEY = "runtime.start"
_SCRIPTS = ("start:prod", "start")
_SHELL = re.compile(r"[&|;<>$`*]")
_ASSIGNMENT = re.compile(r"([A-Z_][A-Z0-9_]*)=(.*)\Z")

PROGRAMS = {
    "fastify": "node_modules/fastify-cli/cli.js",
    "next": "node_modules/next/dist/bin/next",
    "remix-serve": "node_modules/@remix-run/serve/dist/cli.js",
    "react-router-serve": "node_modules/@react-router/serve/bin.cjs",
    "nuxt": "node_modules/nuxt/bin/nuxt.mjs",
    "strapi": "node_modules/@strapi/strapi/bin/strapi.js",
}
"""Programs of packages that serve in production, by the file that node runs: the image has no shell for their wrappers."""


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
    scripts = manifest.table("scripts")
    for script in _SCRIPTS:
        if found := _of_script(str(scripts.get(script, ""))):
            return manifest.found(_KEY, found, "scripts", script)
    if isinstance(manifest.data.get("main"), str):
        return manifest.found(_KEY, Start(("node", str(manifest.data["main"]))), "main")
    if (folder / "server.js").is_file():
        return Found(_KEY, Start(("node", "server.js")), manifest.file, why="server.js is there")
    for script in _SCRIPTS:
        if script in scripts:
            msg = f"the script {script!r} (`{scripts[script]}`) starts no program by itself"
            line = manifest.line("scripts", script)
            hint = 'set the command: `runtime = { start = ["node", "dist/index.js"] }`'
            raise UsageError(msg, file=manifest.file, line=line, key=_KEY, hint=hint)
    if built:
        return Found(_KEY, Start(("node", f"{built}/index.js")), why="by convention")
    if (folder / "index.js").is_file():
        return Found(_KEY, Start(("node", "index.js")), manifest.file, why="index.js is there")
    msg = "no start script, no `main`, no server.js: it cannot be told what starts the service"
    raise UsageError(msg, file=manifest.file, key=_KEY, hint='set the command: `runtime = { start = ["node", "…"] }`')


def _of_script(script: str) -> Start | None:
    """Return what a script starts; None where it takes a shell, or is none of the programs that serve in production."""
    try:
        words = shlex.split(script)
    except ValueError:
        return None
    if words[:1] in (["cross-env"], ["env"], ["exec"]):
        words = words[1:]
    env: dict[str, str] = {}
    while words and (found := _ASSIGNMENT.match(words[0])):
        env[found[1]] = found[2]
        words = words[1:]
    if not words or any(_SHELL.search(word) for word in words):
        return None
    if words[0] == "node":
        return Start(tuple(words), env)
    serves = words[0] not in {"next", "nuxt", "strapi"} or words[1:2] == ["start"]
    if words[0] in PROGRAMS and serves and "-w" not in words:
        return Start(("node", PROGRAMS[words[0]], *words[1:]), env)
    return None


def entry(command: tuple[str, ...]) -> str:
    """Return the first file that a command names, "" where it names none: what node runs, or what a program of a package is given."""
    words = command[1:] if command[:1] == ("node",) else command
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in {"-r", "--require", "--import", "--loader", "--env-file"}:
            skip = True
        elif not word.startswith("-") and not word.startswith("node_modules/") and word != "start":
            return word.removeprefix("./")
    return ""
