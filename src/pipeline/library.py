"""The commands in library mode: connect an engine, load the repository, do the work, say what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from pipeline import bases, vcs
from pipeline.config import FILE_NAME, Overrides
from pipeline.connection import OnStep, connected, expectations, remote, resolved
from pipeline.destinations import check_output
from pipeline.detect import detect, survey
from pipeline.detect.survey import as_text, as_toml, undecided
from pipeline.engine import Choice, session
from pipeline.errors import PipelineError, UsageError
from pipeline.files import write_text_atomic
from pipeline.finishing import finishing
from pipeline.folders import cache_folder, state_folder
from pipeline.progress import Progress
from pipeline.repository import Repository, check_whole, configuration, folder_of, read

if TYPE_CHECKING:
    from pipeline.project import Project
    from pipeline.report.model import Report


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command prints to standard output, and its exit code."""

    text: str
    exit_code: int = 0


def init(path: Path, *, force: bool) -> Outcome:
    """Write the configuration of a repository from what its files tell, and say what was understood.

    Raises
    ------
    UsageError
        If there is a file already and `force` is not set, or no service was found.
    """
    root = folder_of(path, "init")
    target = root / FILE_NAME
    if target.exists() and not force:
        msg = f"{target} exists"
        raise UsageError(msg, hint="`--force` writes it anew")
    seen = survey(root)
    if not seen.services:
        raise undecided(seen)
    try:
        write_text_atomic(target, as_toml(seen))
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror}"
        raise UsageError(msg, hint="name a folder that can be written to") from None
    return Outcome(as_text(seen) + f"\n{FILE_NAME} written; `pipeline plan` shows each value with its source\n")


async def build(
    root: Path,
    names: Sequence[str],
    output: Path,
    report: Path | None,
    overrides: Overrides,
    engine: Choice,
    progress: Progress,
    *,
    since: str = "",
) -> Outcome:
    """Build services and return the summary. Exit code 1 where one failed.

    `since` is a commit: of the services, those are built whose inputs are not as they were then.
    """
    repository = read(root, names, overrides)
    report = report or output / "report.json"
    check_output(output, report)
    _check_targets(repository)
    if since:
        await anyio.to_thread.run_sync(vcs.commit, repository.root, since)
    changed = partial(_changed, since=since, names=names, overrides=overrides, progress=progress) if since else None
    result = await built(repository, output, report, engine, progress, changed)
    from pipeline.report.summary import summary  # noqa: PLC0415

    return Outcome(summary(result), 0 if result.success else 1)


async def _changed(project: Project, since: str, names: Sequence[str], overrides: Overrides, progress: Progress) -> list[str]:
    """Return the services that are to be built since a commit, and say why each is."""
    from pipeline.planning import host_directory  # noqa: PLC0415 - needs the client
    from pipeline.since import changed  # noqa: PLC0415

    def before(root: Path) -> Repository:
        config, notice = configuration(root, overrides, FILE_NAME)
        known = [name for name in names or config.services if name in config.services]
        return Repository(root, config, {name: detect(root, name, config.services[name]) for name in known}, notice)

    found = await changed(project, since, before, host_directory)
    for name, why in found.items():
        progress(f"{name}: changed since {since}: {why}")
    progress(f"as they were at {since}: {', '.join(name for name in project.services if name not in found) or 'none'}")
    return list(found)


async def built(
    repository: Repository,
    output: Path,
    report: Path,
    engine: Choice,
    progress: Progress,
    chosen: Callable[[Project], Awaitable[list[str]]] | None = None,
    then: Callable[[Project, Report], Awaitable[Report]] | None = None,
) -> Report:
    """Build the services of a repository and write the report.

    Parameters
    ----------
    chosen:
        Returns which services are built, once an engine is connected; all of them without it.
    then:
        Goes on with the report while the engine is there, and returns it with what it adds.
    """
    async with connected(repository, engine, progress) as (project, running):
        from pipeline import cache, orchestrate  # noqa: PLC0415 - need the client, which a session imports
        from pipeline.output import Archives  # noqa: PLC0415
        from pipeline.report.delivery import deliver  # noqa: PLC0415
        from pipeline.report.model import EngineResult  # noqa: PLC0415

        names = await chosen(project) if chosen else list(repository.services)
        expected = await anyio.to_thread.run_sync(expectations, project.origin.name)
        settings = orchestrate.Settings(
            run=secrets.token_hex(8),
            max_parallel=repository.config.max_parallel,
            output=Archives(output.resolve(), cache_folder() / "layers", finishing(project, running)),
            state=state_folder(),
            # A Dagger Engine packs the layers of an imported base anew, and its images are settled only once they are exported.
            cache=await cache.of(project, progress, layers=running.name != "dagger"),
            repository=project.origin.name,
            revision=project.origin.revision,
            expected={name: item.seconds for name, item in expected.items()},
            where=running.where,
        )
        with progress:
            result = await orchestrate.build(
                project,
                names,
                EngineResult(name=running.name, version=running.version),
                settings,
                progress,
            )
        if then:
            result = await then(project, result)
    text = result.model_dump_json(indent=2) + "\n"
    await anyio.to_thread.run_sync(partial(write_text_atomic, report.resolve(), text, synced=False))
    await anyio.to_thread.run_sync(deliver, result, repository.config, repository.root, state_folder(), progress)
    return result


async def built_whole(
    repository: Repository,
    output: Path,
    engine: Choice,
    progress: Progress,
    without: str,
    then: Callable[[Project, Report], Awaitable[Report]] | None = None,
) -> Report:
    """Build services for something that needs all of them.

    Parameters
    ----------
    without:
        What does not happen where one failed: "nothing was pushed".
    then:
        As `built` has it.

    Raises
    ------
    PipelineError
        If one failed.
    """
    result = await built(repository, output, output / "report.json", engine, progress, then=then)
    if not result.success:
        from pipeline.report.summary import summary  # noqa: PLC0415

        msg = f"{without}, since a service failed\n{summary(result)}"
        raise PipelineError(msg)
    return result


async def verify(root: Path, names: Sequence[str], overrides: Overrides, engine: Choice, progress: Progress) -> Outcome:
    """Build services twice from nothing and compare the images. Exit code 1 where two differ."""
    repository = read(root, names, overrides)
    check_whole(repository, "compared")
    async with connected(repository, engine, progress) as (project, running):
        from pipeline import reproducible  # noqa: PLC0415 - needs the client
        from pipeline.report.model import EngineResult  # noqa: PLC0415

        engine_result = EngineResult(name=running.name, version=running.version)
        names = list(repository.services)
        with progress:
            found = await reproducible.verify(project, names, engine_result, finishing(project, running), progress)
    return Outcome(reproducible.as_text(found), 0 if not any(found.values()) else 1)


def _check_targets(repository: Repository) -> None:
    """Check that each stage which a build is to stop at exists."""
    targeted = [name for name in repository.services if repository.config.services[name].target]
    if targeted:
        from pipeline.planning import host_directory, planned  # noqa: PLC0415

        project = planned(repository.root, repository.config, repository.services, host_directory(repository.root))
        for name in targeted:
            project.graph(name)


async def plan(root: Path, names: Sequence[str], form: str, overrides: Overrides) -> Outcome:
    """Return the graph of stages in a form for people or programs."""
    if form not in {"text", "json", "mermaid", "dockerfile"}:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint="it can be text, json, mermaid or dockerfile")
    repository = read(root, names, overrides)
    from pipeline.planning import described, dockerfiles, host_directory, planned  # noqa: PLC0415

    project = planned(repository.root, repository.config, repository.services, host_directory(repository.root))
    return Outcome(await dockerfiles(project) if form == "dockerfile" else described(project, form))


async def check(root: Path, names: Sequence[str], overrides: Overrides, engine: Choice, on_step: OnStep) -> Outcome:
    """Run the services' own checks and start their images. Exit code 1 where one failed."""
    repository = read(root, names, overrides)
    check_whole(repository, "started")
    async with connected(repository, engine, on_step) as (project, _):
        from pipeline import checking  # noqa: PLC0415

        results = await checking.check(project, checking.checks(project, secrets.token_hex(8)), _events(on_step))
    return Outcome(checking.as_text(results), 0 if all(result.success for result in results) else 1)


async def lock(root: Path, engine: Choice, on_step: OnStep) -> Outcome:
    """Pin the bases of all services anew."""
    repository = read(root, [], Overrides())
    async with session(engine, on_step, await remote(repository)):
        from pipeline.scan.stage import toolchain  # noqa: PLC0415 - needs the client

        # A Dagger function is handed these bases, and builds scanners in one of them.
        also = (toolchain(),) if repository.config.scan.tools else ()
        found = await resolved(repository, on_step, also=also, fresh=True)
        on_step(found.notice)
    lines = [f"{base.request.role:<13} {base.address or base.title}" for base in found.bases]
    return Outcome("\n".join([*lines, f"{bases.LOCK_NAME} written"]) + "\n")


def _events(on_step: OnStep) -> Callable[[str, str], None]:
    return lambda service, event: on_step(f"{service}: {event}")


async def engine_status() -> Outcome:
    """Return what is known of the embedded engine."""
    from pipeline.engine import embedded_status  # noqa: PLC0415

    return Outcome(await embedded_status())


async def engine_start(on_step: OnStep) -> Outcome:
    """Start the embedded engine and keep it up."""
    from pipeline.engine import embedded_start  # noqa: PLC0415

    return Outcome(await embedded_start(on_step))


async def engine_stop() -> Outcome:
    """Stop the embedded engine."""
    from pipeline.engine import embedded_stop  # noqa: PLC0415

    gone = await embedded_stop()
    return Outcome("stopped\n" if gone else "in use: it stops with its last build\n", 0 if gone else 1)


async def engine_prune() -> Outcome:
    """Remove the embedded engine's state."""
    from pipeline.engine import embedded_prune  # noqa: PLC0415

    return Outcome(f"pruned: {await embedded_prune() / 1e6:.1f} MB freed\n")
