"""What a build makes: its folders, out of the start command and the compilers' own settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.found import Found, configured, joined
from pipeline.detect.node import commandline
from pipeline.detect.node.manifest import Manifest
from pipeline.detect.syntax import document, line, settings_of, text, tree, walk
from pipeline.errors import UsageError
from pipeline.files import resolved

CONVENTIONAL = ("dist", "build", "out", ".output")
"""Folders that are taken for a build's output by their name."""

_KEY = "node.output"
_BUILDERS = {"vite build": "dist", "astro build": "dist", "react-scripts build": "build"}
"""What builders of front ends make unless they are told otherwise."""

_PROJECT = re.compile(r"\btsc\b.*?\s(?:-p|--project|-b|--build)\s+(\S+)")
_COMMAND_MAX = 10_000
NEXT_CONFIGS = ("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs")


def output(folder: Path, place: str, manifest: Manifest, script: str, entry: str, settings: Service) -> Found[tuple[str, ...]]:
    """Return the folders that a build makes.

    Parameters
    ----------
    place:
        The service's folder, relative to the repository.
    script:
        The build script's name, "" where nothing is built.
    entry:
        The file that the start command runs.

    Raises
    ------
    UsageError
        If what starts is no output, and nothing tells what is.
    """
    if settings.node.output is not None:
        return configured(_KEY, tuple(settings.node.output))
    if not script:
        return Found(_KEY, (), why="nothing is built")
    # `node build` runs the folder's index.js.
    top = entry.partition("/")[0] if "/" in entry or entry in CONVENTIONAL else ""
    compiled = _compiled(folder, str(manifest.table("scripts").get(script, "")))
    if compiled and (not top or compiled[0] == top):
        return _compilers(place, *compiled)
    if top in CONVENTIONAL or (top and not (folder / top).exists()):
        return Found(_KEY, (top,), why="where the start command looks")
    existing = entry and (folder / entry).is_file()
    if not existing:
        return Found(_KEY, (compiled[0] if compiled else "dist",), why="by convention")
    return _compilers(place, *compiled) if compiled else _beside_a_source(folder, manifest, script, entry)


def _compilers(place: str, folder: str, file: str, line: int) -> Found[tuple[str, ...]]:
    return Found(_KEY, (folder,), joined(place, file), line, "compilerOptions.outDir")


def _beside_a_source(folder: Path, manifest: Manifest, script: str, entry: str) -> Found[tuple[str, ...]]:
    if bundled := _bundled(folder, str(manifest.table("scripts").get(script, ""))):
        return Found(_KEY, (bundled,), manifest.file, manifest.line("scripts", script), "where its builder writes")
    msg = f"the script {script!r} builds, and {entry}, which starts, is a source: it cannot be told what the build makes"
    hint = 'name it: `node = { output = ["public/build"] }`, or `node = { build = false }` where the image needs none of it'
    raise UsageError(msg, file=manifest.file, line=manifest.line("scripts", script), key=_KEY, hint=hint)


def _bundled(folder: Path, script: str) -> str:
    """Return the folder that a builder of front ends makes, "" where there is none, or something tells it another."""
    parts = (" ".join(commandline.words(command)) for command in commandline.commands(script))
    # Without an `outDir` the compiler only checks.
    made = {_BUILDERS.get(part, "") for part in parts if part.split()[:1] not in (["tsc"], ["vue-tsc"])}
    told = any(key in {"outDir", "root"} for tool in ("vite", "astro") for key, _ in settings_of(folder, f"{tool}.config.*"))
    return made.pop() if len(made) == 1 and not told else ""


def likely(folder: Path, manifest: Manifest, script: str) -> str:
    """Return the folder that a build makes as the compiler's settings have it, else by convention; "" without a build."""
    if not script:
        return ""
    compiled = _compiled(folder, str(manifest.table("scripts").get(script, "")))
    return compiled[0] if compiled else CONVENTIONAL[0]


def member_output(manifest: Manifest) -> str:
    """Return the folder that the build of a workspace's library makes: where its entry points are."""
    tops = [item.partition("/")[0] for item in entries(manifest) if "/" in item]
    return next((item for item in tops if item != "src"), "dist")


def entries(manifest: Manifest) -> list[str]:
    """Return the files that a library is entered by, relative to its folder."""
    named = [*_strings(manifest.data.get("main")), *_strings(manifest.data.get("module"))]
    return [item.removeprefix("./") for item in (*named, *_strings(manifest.data.get("exports")))]


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [value] if isinstance(value, str) else []


def _compiled(folder: Path, command: str) -> tuple[str, str, int] | None:
    """Return the output folder of the TypeScript compiler, with the file and line that set it."""
    named = _PROJECT.search(command[:_COMMAND_MAX])
    names = [named[1].strip("\"'")] if named else ["tsconfig.build.json", "tsconfig.json"]
    for name in names:
        path = folder / name
        path = path / "tsconfig.json" if path.is_dir() else path
        own = path.parent.absolute()
        for _ in range(8):
            if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
                break
            settings = document(path)
            options: Any = settings.value.get("compilerOptions") if isinstance(settings.value, dict) else None
            if isinstance(options, dict) and isinstance(options.get("outDir"), str):
                target = resolved(path.parent / options["outDir"].replace("${configDir}", own.as_posix()))
                if target.is_relative_to(folder.resolve()) and target != folder.resolve():
                    where = settings.line("compilerOptions", "outDir")
                    return target.relative_to(folder.resolve()).parts[0], path.relative_to(folder).as_posix(), where
            parent = settings.value.get("extends") if isinstance(settings.value, dict) else None
            if not isinstance(parent, str) or not parent.startswith("."):
                break
            path = path.parent / (parent if parent.endswith(".json") else f"{parent}.json")
    return None


def standalone(folder: Path, place: str) -> Found[bool]:
    """Return whether Next.js is told to make an output that stands alone."""
    for name in NEXT_CONFIGS:
        if root := tree(folder / name):
            for pair in walk(root, "pair"):
                key, value = text(pair.child_by_field_name("key")), text(pair.child_by_field_name("value"))
                if key.strip("\"'") == "output" and value.strip("\"'`") == "standalone":
                    return Found(_KEY, True, joined(place, name), line(pair), "output: standalone")
    return Found(_KEY, False, place, why="no `output: standalone`")
