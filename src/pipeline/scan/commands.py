"""`pipeline scan`: known vulnerabilities in images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from pipeline import gotools
from pipeline.config import Overrides, Scan
from pipeline.destinations import check_output
from pipeline.engine import Choice
from pipeline.errors import UsageError, leaves
from pipeline.folders import cache_folder
from pipeline.gotools import Tool
from pipeline.library import Outcome, built_whole
from pipeline.progress import Progress
from pipeline.report.model import Report
from pipeline.repository import check_whole, read
from pipeline.sbom import contents
from pipeline.scan.databases import ready
from pipeline.scan.findings import SEVERITIES, Finding, counts, severe
from pipeline.scan.tools import Scanner, scanners

if TYPE_CHECKING:
    from pipeline.project import Project
    from pipeline.scan.stage import Scanned

_FORMS = ("text", "json")


async def scan(
    root: Path, names: Sequence[str], output: Path, form: str, overrides: Overrides, engine: Choice, progress: Progress
) -> Outcome:
    """Build services and look into their images. Exit code 1 where something is as severe as `fail_on` says.

    Raises
    ------
    UsageError
        If a scanner or its database cannot be had: before anything is built.
    ScanError
        If a scanner did not do its work.
    """
    check_form(form)
    repository = read(root, names, overrides)
    check_output(output, output / "report.json")
    check_whole(repository, "scanned")
    wanted = scanners(repository.config, repository.services, repository.root)
    places = await databases(wanted, repository.root, cache_folder(), progress)
    programs = {tool.name: await gotools.program(tool, cache_folder(), progress) for tool in _built(wanted)}
    found: list[Scanned] = []
    failure: list[BaseException] = []

    async def look(project: Project, report: Report) -> Report:
        if not report.success:
            return report
        try:
            found.extend(await _looked(project, report, output.resolve(), wanted, places, programs, progress))
        except Exception as error:  # noqa: BLE001 - raised again once the run is recorded, but for what is in its images
            failure.append(leaves(error)[0] if isinstance(error, ExceptionGroup) else error)
            return report
        return counted(report, found)

    await built_whole(repository, output, engine, progress, "nothing was scanned", look)
    if failure:
        raise failure[0]
    return judged(found, repository.config.scan, form)


def check_form(form: str) -> None:
    """Check that a form of output is known.

    Raises
    ------
    UsageError
        If it is not.
    """
    if form not in _FORMS:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint="it can be text or json")


async def databases(wanted: Sequence[Scanner], root: Path, cache: Path, progress: Progress) -> dict[str, Path]:
    """Return the folders of scanners' databases on this machine, brought up to date.

    Raises
    ------
    UsageError
        If one cannot be had.
    """
    found: dict[str, Path] = {}
    for item in wanted:
        if item.database:
            found[item.name] = await anyio.to_thread.run_sync(partial(ready, item.database, root, cache, progress))
    return found


def _built(wanted: Sequence[Scanner]) -> list[Tool]:
    return [item.tool for item in wanted if item.tool and not (item.image or item.program)]


async def _looked(
    project: Project,
    report: Report,
    output: Path,
    wanted: Sequence[Scanner],
    places: Mapping[str, Path],
    programs: Mapping[str, Path],
    progress: Progress,
) -> tuple[Scanned, ...]:
    from dagger import dag  # noqa: PLC0415 - needs the client, which a session imports

    from pipeline.scan import stage  # noqa: PLC0415

    images = {}
    for service in report.services:
        name = service.service_name
        found = await anyio.to_thread.run_sync(contents, output / service.image)
        images[name] = stage.listed(project, name, found, project.graph(name, report.run).images)
    given = stage.Given(
        {name: dag.host().directory(str(folder)) for name, folder in places.items()},
        {name: dag.host().file(str(file)) for name, file in programs.items()},
    )
    return await stage.scan(project, images, wanted, given, progress.event)


def counted(report: Report, found: Sequence[Scanned]) -> Report:
    """Return a report with how much was found in each image."""
    numbers = {item.service: counts(item.found) for item in found}
    services = tuple(
        service.model_copy(update={"vulnerabilities": numbers.get(service.service_name)}) for service in report.services
    )
    return report.model_copy(update={"services": services})


def judged(found: Sequence[Scanned], settings: Scan, form: str) -> Outcome:
    """Return what was found, with exit code 1 where something is as severe as the settings say."""
    bad = [item for scanned in found for item in severe(scanned.found, settings.fail_on)]
    if form == "json":
        text = json.dumps([_as_data(item) for item in found], indent=2) + "\n"
    else:
        verdict = f"{len(bad)} too severe: fail_on is {settings.fail_on}\n" if bad else ""
        text = "\n".join(_as_text(item) for item in found) + verdict
    return Outcome(text, 1 if bad else 0)


def _as_data(scanned: Scanned) -> dict[str, object]:
    return {
        "service": scanned.service,
        "counts": counts(scanned.found).model_dump(),
        "vulnerabilities": [asdict(item) for item in scanned.found],
        "not_looked_up": list(scanned.left_out),
    }


def _as_text(scanned: Scanned) -> str:
    numbers = counts(scanned.found).model_dump()
    told = ", ".join(f"{numbers[severity]} {severity}" for severity in SEVERITIES if numbers[severity])
    lines = [f"{scanned.service}: {told or 'no known vulnerability'}", *(_line(item) for item in scanned.found)]
    if scanned.left_out:
        lines.append(f"  not looked up, since no database has it: {', '.join(scanned.left_out)}")
    return "\n".join(lines) + "\n"


def _line(item: Finding) -> str:
    mended = f"mended in {' and '.join(item.fixed)}" if item.fixed else "not mended yet"
    return f"  {item.severity:<8}  {item.ids[0]:<19}  {item.package} {item.version}  {mended}  ({', '.join(item.tools)})"
