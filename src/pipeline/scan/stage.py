"""A scanner run as a stage: its result comes out of the engine's cache where nothing that it is given changed."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
import dagger
from dagger import dag

from pipeline.bases import BaseRequest
from pipeline.config import FILE_NAME, Scan
from pipeline.detect import GoService
from pipeline.errors import UsageError
from pipeline.gotools import COMMAND, PINS, SETTINGS, Tool
from pipeline.printed import excerpt
from pipeline.project import Project
from pipeline.sbom import Contents, contents
from pipeline.scan.findings import Finding, ScanError, merged, parse
from pipeline.scan.tools import IMAGE, SBOM, Look, Scanner, Target
from pipeline.stages import golang
from pipeline.stages.context import BUILD_USER, default_platform
from pipeline.stages.stamp import STAGE_VARIABLE

_GO = "1.26"
_CALM = (0, 1)
"""How a scanner ends that has done its work: 1 says that it found something."""

_PROGRAM = "/usr/local/bin/{}"
_RESULTS = "/results"
_ROOT = "0:0"
_CACHE = "/var/cache/go"


@dataclass(frozen=True, slots=True)
class Given:
    """What scanners are run with: their databases and their programs, by their names."""

    databases: Mapping[str, dagger.Directory] = field(default_factory=dict)
    programs: Mapping[str, dagger.File] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in a service's image, the worst first, and what of it no scanner looked up."""

    service: str
    found: tuple[Finding, ...]
    left_out: tuple[str, ...]


def toolchain() -> BaseRequest:
    """Return the base that programs of scanners are built in, where this machine builds none."""
    return BaseRequest("go-build", _GO, default_platform())


def program(project: Project, tool: Tool) -> dagger.File:
    """Return a scanner's program, built by the engine."""
    sources = dag.directory()
    for name in PINS:
        sources = sources.with_new_file(name, (tool.sources / name).read_text(encoding="utf-8"))
    container = project.bases.container("go-build", _GO, default_platform()).with_user(BUILD_USER)
    container = container.with_volatile_variable(STAGE_VARIABLE, f"scan/{tool.name}")
    for variable, value in {**SETTINGS, "HOME": "/tmp", "GOTOOLCHAIN": "local"}.items():  # noqa: S108 - in the container
        container = container.with_env_variable(variable, value)
    for variable, value in project.host.go.items():
        container = container.with_volatile_variable(variable, value)
    for variable, name in (("GOMODCACHE", "modules"), ("GOCACHE", "build")):
        volume = dag.cache_volume(f"scan-{name}")
        container = container.with_mounted_cache(f"{_CACHE}/{name}", volume, owner=BUILD_USER)
        container = container.with_env_variable(variable, f"{_CACHE}/{name}")
    container = container.with_directory("/out", dag.directory(), owner=BUILD_USER)
    container = container.with_directory("/src", sources, owner=BUILD_USER).with_workdir("/src")
    return container.with_exec([*COMMAND, "-o", f"/out/{tool.name}", tool.package]).file(f"/out/{tool.name}")


async def entries(directory: dagger.Directory) -> set[str]:
    """Return the names of what is in a folder."""
    return {name.rstrip("/") for name in await directory.entries()}


async def handed(
    scanners: Sequence[Scanner], databases: dagger.Directory | None, source: dagger.Directory
) -> dict[str, dagger.Directory]:
    """Return scanners' databases where there is no disk of the user's: handed over, or in the repository.

    Raises
    ------
    UsageError
        If one is not there.
    """
    given = await entries(databases) if databases else set()
    found: dict[str, dagger.Directory] = {}
    for wanted in (item.database for item in scanners if item.database):
        if databases and wanted.tool in given:
            found[wanted.tool] = databases.directory(wanted.tool)
        elif wanted.place.startswith(("https://", "http://", "/")):
            msg = f"the database of {wanted.tool} is {wanted.place}, and a function has no disk to keep it on"
            raise UsageError(
                msg, file=FILE_NAME, key=wanted.key, hint="hand over a folder that has it in one of its name: --databases DIR"
            )
        else:
            found[wanted.tool] = source.directory(wanted.place)
        there = await entries(found[wanted.tool])
        if missing := [name for name in wanted.required if name.partition("/")[0] not in there]:
            msg = f"the database of {wanted.tool} lacks {missing[0]}"
            raise UsageError(msg, file=FILE_NAME, key=wanted.key, hint=f"it wants {', '.join(wanted.required)}")
    return found


async def targets(project: Project, run: str) -> dict[str, list[tuple[Target, dagger.Container]]]:
    """Return the images of a project's services with what is in them, by service."""
    found: dict[str, list[tuple[Target, dagger.Container]]] = {}

    async def one(name: str) -> None:
        images = project.graph(name, run).images
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            archive = Path(folder, "image.tar")
            await images[0].export(str(archive), platform_variants=list(images[1:]) or None)
            found[name] = listed(project, name, await anyio.to_thread.run_sync(contents, archive), images)

    async with anyio.create_task_group() as group:
        for name in project.services:
            group.start_soon(one, name)
    return {name: found[name] for name in project.services}


def listed(
    project: Project, name: str, found: Sequence[Contents], images: Sequence[dagger.Container]
) -> list[tuple[Target, dagger.Container]]:
    """Return a service's images, each with what is in it."""
    return [(Target(name, project.services[name], item), image) for item, image in zip(found, images, strict=True)]


async def scan(
    project: Project,
    images: Mapping[str, Sequence[tuple[Target, dagger.Container]]],
    scanners: Sequence[Scanner],
    given: Given,
    on_event: Callable[[str, str], None],
) -> tuple[Scanned, ...]:
    """Look into services' images, each for all of its platforms.

    Raises
    ------
    ScanError
        If a scanner did not do its work.
    """
    names = {name: await entries(database) for name, database in given.databases.items()}
    limit = anyio.CapacityLimiter(project.config.max_parallel)
    results: dict[str, list[Finding]] = {name: [] for name in images}
    left_out: dict[str, set[str]] = {name: set() for name in images}

    async def one(target: Target, image: dagger.Container, scanner: Scanner) -> None:
        async with limit:
            look = scanner.looks(target, names.get(scanner.name, ()))
            if look.command:
                printed = await _in_time(project, target, scanner, _printed(project, target, image, scanner, look, given))
                results[target.name].extend(parse(scanner.name, printed))
        left_out[target.name].update(look.left_out)
        on_event(target.name, f"{scanner.name} has looked into {target.contents.platform}")

    async with anyio.create_task_group() as group:
        for target, image in (item for variants in images.values() for item in variants):
            for scanner in scanners:
                group.start_soon(one, target, image, scanner)
    return tuple(
        Scanned(
            name,
            _counted(project.config.scan, merged(results[name])),
            tuple(sorted(left_out[name])),
        )
        for name in images
    )


async def _in_time(project: Project, target: Target, scanner: Scanner, work: Awaitable[str]) -> str:
    seconds = project.config.services[target.name].timeout
    try:
        with anyio.fail_after(seconds):
            return await work
    except TimeoutError:
        msg = f"{target.name}: {scanner.name} has not finished after {seconds:g} s"
        raise ScanError(msg, hint="raise `timeout` of the service") from None


def _counted(settings: Scan, found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(item for item in found if not set(item.ids) & set(settings.ignore))


async def _printed(
    project: Project, target: Target, image: dagger.Container, scanner: Scanner, look: Look, given: Given
) -> str:
    """Return what a scanner printed."""
    container, user = _container(project, target, scanner, look, given), BUILD_USER if look.sources else _ROOT
    if look.sbom:
        container = container.with_new_file(SBOM, look.sbom)
    if look.files:
        container = container.with_mounted_directory(IMAGE, image.rootfs(), read_only=True)
    if database := given.databases.get(scanner.name):
        container = container.with_mounted_directory(scanner.database_place, database, read_only=True)
    container = container.with_volatile_variable(STAGE_VARIABLE, f"{target.name}/{scanner.name}")
    container = container.with_user(user).with_directory(_RESULTS, dag.directory(), owner=user)
    first, *rest = look.command
    ended = container.with_exec(
        [_PROGRAM.format(first) if first == scanner.name and not scanner.image else first, *rest],
        redirect_stdout=f"{_RESULTS}/found",
        redirect_stderr=f"{_RESULTS}/said",
        expect=dagger.ReturnType.ANY,
    )
    code = await ended.exit_code()
    if code not in _CALM:
        said = excerpt(await ended.file(f"{_RESULTS}/said").contents())
        msg = "\n".join([f"{target.name}: {scanner.name} ended with exit code {code}", *said])
        raise ScanError(msg)
    return await ended.file(f"{_RESULTS}/found").contents()


def _container(project: Project, target: Target, scanner: Scanner, look: Look, given: Given) -> dagger.Container:
    """Return a container that has a scanner."""
    here = default_platform()
    if scanner.image:
        return dag.container(platform=dagger.Platform(here)).from_(scanner.image)
    base = project.bases.container("config", "", here)
    if look.sources and isinstance(target.service, GoService):
        base = golang.workshop(target.service, project.context(target.name), scanner.name)
    if scanner.program:
        file = project.source.file(scanner.program)
    elif scanner.name in given.programs:
        file = given.programs[scanner.name]
    elif scanner.tool:
        file = program(project, scanner.tool)
    else:
        msg = f"{scanner.name}: nothing tells what it is"
        raise ScanError(msg)
    return base.with_file(_PROGRAM.format(scanner.name), file, permissions=0o755)
