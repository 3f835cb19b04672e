"""What a service's build makes and what of it runs: a compiler's output, the sources themselves, or a framework's own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.found import Found, configured, or_false
from pipeline.detect.model import Output, Place
from pipeline.detect.node import astro, listening
from pipeline.detect.node import output as outputs
from pipeline.detect.node.manifest import AT_RUN_TIME, Manifest
from pipeline.detect.node.options import loaded_packages, read_first, run_packages
from pipeline.detect.node.start import SCRIPTS, Start, entry, file_of, of_script, start
from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Made:
    """What comes of a service's build.

    Parameters
    ----------
    folders:
        The folders that the build makes, relative to the service's: never an input of it.
    outputs:
        What of them the image takes.
    ships_sources:
        Whether the sources are what runs, or part of it.
    bundled:
        Whether the output brings its dependencies along.
    files:
        Further files that it reads when it runs.
    env:
        Variables that the image is given for it.
    port:
        The port that it listens on where its programs tell none.
    """

    script: str
    start: tuple[str, ...]
    folders: tuple[str, ...]
    outputs: tuple[Output, ...]
    ships_sources: bool
    settings: tuple[Found[Any], ...]
    bundled: bool = False
    files: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = 3000

    def with_output(self, place: Place, folder: str) -> Made:
        """Return what comes of the build if it makes a further folder that the image takes."""
        output = Output(place.within(folder), place.within(folder))
        return replace(self, folders=(*self.folders, folder), outputs=(*self.outputs, output))


def made(folder: Path, manifest: Manifest, place: Place, settings: Service) -> Made:
    """Return what a service's build makes, and what starts.

    Raises
    ------
    UsageError
        If one of them cannot be told.
    """
    script = _script(folder, manifest, settings)
    if script.value and manifest.depends_on("next") and settings.node.output is None:
        return _next(folder, manifest, place, settings, script)
    command = start(folder, manifest, settings, built=outputs.likely(folder, manifest, script.value))
    named = entry(command.value.command, manifest.data.get("main"))
    source = file_of(folder, named)
    first = source or named
    found = outputs.output(folder, place.path, manifest, script.value, first, settings)
    inside = any(Path(first).is_relative_to(item) for item in found.value)
    of_package = any(word.startswith("node_modules/") for word in command.value.command)
    if first and not (inside or of_package or settings.runtime.start or source):
        msg = f"{first}, which starts, is neither there nor in what the build makes ({', '.join(found.value) or 'nothing is built'})"
        hint = 'set the command, `runtime = { start = ["node", "…"] }`, or what the build makes, `node = { output = ["…"] }`'
        raise UsageError(msg, file=command.file or manifest.file, line=command.line, key=command.key, hint=hint)
    ships_sources = not script.value or (bool(source) and not inside)
    flagged = _flagged(command.value.command, settings)
    _check_installed(manifest, command, flagged, settings)
    product = Made(
        script=script.value,
        start=flagged,
        folders=found.value,
        outputs=tuple(Output(place.within(item), place.within(item)) for item in found.value),
        ships_sources=ships_sources,
        settings=(or_false(script), found, _shown(command)),
        bundled=_is_bundled(first, flagged, command.value.env),
        files=() if ships_sources else _read_first(folder, flagged, command.value.env, found.value),
        env={**listening.of_fastify(flagged), **command.value.env},
    )
    if first == astro.SERVER and manifest.depends_on(astro.ADAPTER):
        return replace(product, env={**astro.ENV, **product.env}, port=astro.port(folder))
    return product


def _next(folder: Path, manifest: Manifest, place: Place, settings: Service, script: Found[str]) -> Made:
    alone = outputs.standalone(folder, place.path)
    static = Output(place.within(".next/static"), place.within(".next/static"))
    if not alone.value:
        command = start(folder, manifest, settings, built=".next")
        flagged = _flagged(command.value.command, settings)
        _check_installed(manifest, command, flagged, settings)
        kept = tuple(name for name in ("public", *outputs.NEXT_CONFIGS) if (folder / name).exists())
        return Made(
            script=script.value,
            start=flagged,
            folders=(".next",),
            outputs=(Output(place.within(".next"), place.within(".next")),),
            ships_sources=False,
            settings=(or_false(script), Found("node.output", (".next",), alone.file, why=alone.why), _shown(command)),
            files=(*kept, *_read_first(folder, flagged, command.value.env, (".next",))),
            env=command.value.env,
        )
    command_found = (
        configured("runtime.start", tuple(settings.runtime.start))
        if settings.runtime.start
        else Found("runtime.start", ("node", "server.js"), alone.file, alone.line, alone.why)
    )
    flagged = _flagged(command_found.value, settings)
    return Made(
        script=script.value,
        start=flagged,
        folders=(".next",),
        outputs=(Output(place.within(".next/standalone"), "."), static),
        ships_sources=False,
        settings=(
            script,
            Found("node.output", (".next/standalone", ".next/static"), alone.file, alone.line, alone.why),
            command_found,
        ),
        bundled=True,
        files=(
            *(("public",) if (folder / "public").is_dir() else ()),
            *_read_first(folder, flagged, {}, (".next",)),
        ),
        env={"HOSTNAME": listening.EVERY_ADDRESS},
    )


def _check_installed(manifest: Manifest, found: Found[Start], command: Sequence[str], settings: Service) -> None:
    """Check that the packages that a start needs are none for development alone."""
    if settings.node.prod_deps == "all":
        return
    there = {name for table in AT_RUN_TIME for name in manifest.table(table)}
    missing = manifest.table("devDependencies").keys() - there
    for name in (*loaded_packages(command, found.value.env), *run_packages(command)):
        if name in missing:
            msg = f"{name}, which `{shlex.join(command)}` needs, is for development: no image has it"
            hint = f'move {name} to `dependencies`, or ship all of them: `node = {{ prod_deps = "all" }}`'
            raise UsageError(msg, file=manifest.file, line=manifest.line("devDependencies", name), key=found.key, hint=hint)


def _is_bundled(first: str, command: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether what starts is a server of Nitro's (Nuxt, TanStack Start …), which has its dependencies beside it."""
    return first.startswith(".output/server/") and not loaded_packages(command, env)


def _read_first(folder: Path, command: Sequence[str], env: Mapping[str, str], made: Sequence[str]) -> tuple[str, ...]:
    """Return the sources that node reads before what it runs, as the command's options name them."""
    there = (file_of(folder, name) for name in read_first(command, env))
    return tuple(name for name in there if name and not any(Path(name).is_relative_to(item) for item in made))


def _script(folder: Path, manifest: Manifest, settings: Service) -> Found[str]:
    key, scripts = "node.build", manifest.table("scripts")
    if settings.node.build is None:
        if "build" in scripts:
            return manifest.found(key, "build", "scripts", "build")
        if before := _makes_what_starts(folder, manifest):
            return manifest.found(key, before, "scripts", before)
        return Found(key, "", manifest.file, why="no script `build`")
    if settings.node.build is False:
        return configured(key, "")
    if settings.node.build not in scripts:
        msg = f"no script {settings.node.build!r}"
        known = ", ".join(sorted(scripts)) or "none"
        raise UsageError(msg, file=manifest.file, hint=f"its scripts are {known}; correct `node.build`")
    return configured(key, settings.node.build)


def _makes_what_starts(folder: Path, manifest: Manifest) -> str:
    """Return the script that runs before a start, "" unless there is one and what starts is not there without it."""
    scripts = manifest.table("scripts")
    for name in SCRIPTS:
        if command := of_script(scripts, name):
            first = entry(command.command, manifest.data.get("main"))
            return f"pre{name}" if f"pre{name}" in scripts and first and not file_of(folder, first) else ""
    return ""


def _flagged(command: tuple[str, ...], settings: Service) -> tuple[str, ...]:
    if command[:1] != ("node",):
        return command
    return ("node", *settings.node.node_flags, *command[1:])


def _shown(found: Found[Start]) -> Found[tuple[str, ...]]:
    return Found(found.key, found.value.command, found.file, found.line, found.why)
