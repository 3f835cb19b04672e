"""The command line. It parses, calls the same functions as the Dagger module, and prints; it decides nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.ending import run
from pipeline.engine import Choice
from pipeline.errors import UsageError
from pipeline.flags import Overrides
from pipeline.options import (
    Arguments,
    CacheRegistry,
    CacheWrite,
    Compression,
    EngineOption,
    Form,
    Platforms,
    Root,
    Services,
    Tags,
)
from pipeline.progress import FORMS, Progress, choose
from pipeline.report.cli import app as report_app

if TYPE_CHECKING:
    from pipeline import library

app = typer.Typer(
    name="pipeline",
    help="Small, reproducible images of Node and Go services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes cut long options at 80 columns, and drawing them takes as long as all else that `--help` does
    context_settings={"help_option_names": ["-h", "--help"]},
)
engine_app = typer.Typer(help="The embedded BuildKit.", no_args_is_help=True)
app.add_typer(engine_app, name="engine")
cache_app = typer.Typer(help="Results of stages in a registry.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")
app.add_typer(report_app, name="report")


def _version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - as below

        typer.echo(f"pipeline {version('pipeline')}")
        raise typer.Exit


@app.callback()
def main(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False
) -> None:
    """Take what holds for every command."""


def _library() -> Any:
    """Import what a command takes, late: `--help` and bad input answer without it."""
    from pipeline import library  # noqa: PLC0415

    return library


@app.command()
def build(
    services: Services = None,
    *,
    root: Root = Path(),
    output: Annotated[Path, typer.Option("--output", help="Where images go.", metavar="DIR")] = Path("dist"),
    report: Annotated[Path | None, typer.Option("--report", help="The report as JSON.", metavar="FILE")] = None,
    platform: Platforms = None,
    target: Annotated[str, typer.Option("--target", help="Stop at this stage.", metavar="STAGE")] = "",
    max_parallel: Annotated[int | None, typer.Option("--max-parallel", help="Services at a time.", metavar="N")] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", help="For each service.", metavar="SECONDS")] = None,
    engine: EngineOption = Choice.AUTO,
    tag: Tags = None,
    build_arg: Arguments = None,
    compression: Compression = "",
    since: Annotated[str, typer.Option("--since", help="Build what is not as it was at this commit.", metavar="REF")] = "",
    cache_registry: CacheRegistry = "",
    cache_write: CacheWrite = None,
    verify_reproducible: Annotated[
        bool, typer.Option("--verify-reproducible", help="Build twice from nothing and compare; write no image.")
    ] = False,
    progress: Form = "auto",
) -> None:
    """Build images and print what that took."""

    def work() -> Awaitable[library.Outcome]:
        overrides = Overrides(
            max_parallel,
            timeout,
            tuple(platform or ()),
            tuple(tag or ()),
            target,
            _arguments(build_arg or []),
            compression=compression,
            cache_registry=cache_registry,
            cache_write=cache_write,
        )
        if verify_reproducible and since:
            msg = "--verify-reproducible with --since"
            raise UsageError(msg, hint="leave one of them out: whole images are compared, whatever changed")
        if verify_reproducible:
            verified: Awaitable[library.Outcome] = _library().verify(root, services or [], overrides, engine, _teller(progress))
            return verified
        built: Awaitable[library.Outcome] = _library().build(
            root, services or [], output, report, overrides, engine, _teller(progress), since=since
        )
        return built

    run(work, engine)


@app.command()
def publish(
    services: Services = None,
    *,
    root: Root = Path(),
    registry: Annotated[str, typer.Option("--registry", help="Where images go: HOST/PATH.", metavar="REF")] = "",
    tag: Tags = None,
    image_refs: Annotated[
        Path | None, typer.Option("--image-refs", help="A file for the addresses with their digests.", metavar="FILE")
    ] = None,
    sbom: Annotated[bool, typer.Option("--sbom", help="Attach lists of what is in the images.")] = False,
    provenance: Annotated[bool, typer.Option("--provenance", help="Attach statements of how the images came about.")] = False,
    sign_key: Annotated[
        str, typer.Option("--sign-key", help="Sign images with a key of cosign's: a file, or env://NAME.", metavar="KEY")
    ] = "",
    output: Annotated[Path, typer.Option("--output", help="Where images lie meanwhile.", metavar="DIR")] = Path("dist"),
    platform: Platforms = None,
    engine: EngineOption = Choice.AUTO,
    build_arg: Arguments = None,
    compression: Compression = "",
    cache_registry: CacheRegistry = "",
    cache_write: CacheWrite = None,
    progress: Form = "auto",
) -> None:
    """Build images, push them, and print their digests."""

    def work() -> Awaitable[library.Outcome]:
        overrides = Overrides(
            platforms=tuple(platform or ()),
            tags=tuple(tag or ()),
            args=_arguments(build_arg or []),
            registry=registry,
            compression=compression,
            cache_registry=cache_registry,
            cache_write=cache_write,
        )
        published: Awaitable[library.Outcome] = _registries().publish(
            *(root, services or [], output, image_refs, overrides, engine, _teller(progress)),
            listed=sbom,
            proven=provenance,
            sign_key=sign_key,
        )
        return published

    run(work, engine)


@app.command()
def sbom(
    services: Services = None,
    *,
    root: Root = Path(),
    output: Annotated[Path, typer.Option("--output", help="Where images and lists go.", metavar="DIR")] = Path("dist"),
    output_format: Annotated[str, typer.Option("--format", help="files, cyclonedx or spdx.", metavar="FORM")] = "files",
    platform: Platforms = None,
    engine: EngineOption = Choice.AUTO,
    progress: Form = "auto",
) -> None:
    """Build images and list what is in them, as CycloneDX and SPDX."""
    overrides = Overrides(platforms=tuple(platform or ()))
    run(lambda: _lists().sbom(root, services or [], output, output_format, overrides, engine, _teller(progress)), engine)


@app.command()
def scan(
    services: Services = None,
    *,
    root: Root = Path(),
    output: Annotated[Path, typer.Option("--output", help="Where images go.", metavar="DIR")] = Path("dist"),
    output_format: Annotated[str, typer.Option("--format", help="text or json.", metavar="FORM")] = "text",
    platform: Platforms = None,
    engine: EngineOption = Choice.AUTO,
    progress: Form = "auto",
) -> None:
    """Build images and look for known vulnerabilities in them."""
    overrides = Overrides(platforms=tuple(platform or ()))
    run(lambda: _scans().scan(root, services or [], output, output_format, overrides, engine, _teller(progress)), engine)


def _arguments(given: list[str]) -> dict[str, str]:
    for item in given:
        if "=" not in item:
            msg = f"--build-arg {item!r} has no value"
            raise UsageError(msg, hint="write NAME=VALUE")
    return dict(item.split("=", 1) for item in given)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The repository.", show_default=False)] = Path(),
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Look at a repository and write its pipeline.toml."""

    async def work() -> library.Outcome:
        found: library.Outcome = _library().init(path, force=force)
        return found

    run(work)


@app.command()
def plan(
    services: Services = None,
    *,
    root: Root = Path(),
    output_format: Annotated[str, typer.Option("--format", help="text, json, mermaid or dockerfile.", metavar="FORM")] = "text",
    platform: Platforms = None,
) -> None:
    """Show the graph of stages, without building."""
    run(lambda: _library().plan(root, services or [], output_format, Overrides(platforms=tuple(platform or ()))))


@app.command()
def check(
    services: Services = None,
    *,
    root: Root = Path(),
    timeout: Annotated[float | None, typer.Option("--timeout", help="For each service.", metavar="SECONDS")] = None,
    engine: EngineOption = Choice.AUTO,
    progress: Form = "auto",
) -> None:
    """Run the services' tests and linters, and start their images."""
    run(lambda: _library().check(root, services or [], Overrides(timeout=timeout), engine, _teller(progress)), engine)


@app.command()
def lock(*, root: Root = Path(), engine: EngineOption = Choice.AUTO, progress: Form = "auto") -> None:
    """Pin the base images to what is offered now, in pipeline.lock."""
    run(lambda: _library().lock(root, engine, _teller(progress)), engine)


@app.command()
def doctor(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders and Dockerfiles.", show_default=False)
    ] = None,
    *,
    output_format: Annotated[str, typer.Option("--format", help="text, json or sarif.", metavar="FORM")] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is mechanical.")] = False,
) -> None:
    """Find pitfalls in services and Dockerfiles before they cost a day."""
    run(lambda: _doctors().doctor(paths or [], output_format, fix=fix))


@cache_app.command("list")
def cache_list(*, root: Root = Path(), cache_registry: CacheRegistry = "") -> None:
    """List what the registry holds, the newest first."""
    overrides = Overrides(cache_registry=cache_registry)
    run(lambda: _registries().cache_list(root, overrides, _teller("auto")))


@cache_app.command("prune")
def cache_prune(
    *,
    root: Root = Path(),
    cache_registry: CacheRegistry = "",
    older_than: Annotated[float, typer.Option("--older-than", help="Remove what is older.", metavar="DAYS", min=0)] = 30,
) -> None:
    """Remove from the registry what was written long ago."""
    overrides = Overrides(cache_registry=cache_registry)
    run(lambda: _registries().cache_prune(root, overrides, older_than, _teller("auto")))


@engine_app.command("status")
def engine_status() -> None:
    """Say whether the embedded engine runs, and where its state is."""
    run(_library().engine_status)


@engine_app.command("start")
def engine_start() -> None:
    """Start the embedded engine and keep it up."""
    run(lambda: _library().engine_start(_teller("auto")))


@engine_app.command("stop")
def engine_stop() -> None:
    """Stop the embedded engine, once no build uses it."""
    run(_library().engine_stop)


@engine_app.command("prune")
def engine_prune() -> None:
    """Remove the embedded engine's state: its cache and cache volumes."""
    run(_library().engine_prune)


def _registries() -> Any:
    from pipeline.registry import commands  # noqa: PLC0415 - as above

    return commands


def _doctors() -> Any:
    from pipeline.doctor import commands  # noqa: PLC0415 - as above

    return commands


def _scans() -> Any:
    from pipeline.scan import commands  # noqa: PLC0415 - as above

    return commands


def _lists() -> Any:
    from pipeline.sbom import commands  # noqa: PLC0415 - as above

    return commands


def _teller(form: str) -> Progress:
    if form not in FORMS:
        msg = f"--progress is {form!r}"
        raise UsageError(msg, hint="it can be auto, tty, plain or quiet")
    return choose(form, os.environ, sys.stderr)
