"""`pipeline report …`: what recorded runs tell. No engine is asked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline import vcs
from pipeline.config import FILE_NAME as CONFIG_NAME
from pipeline.config import load
from pipeline.config.model import Cost
from pipeline.errors import UsageError
from pipeline.files import write_text_atomic
from pipeline.folders import state_folder
from pipeline.history import FILE_NAME, History, HistoryError, read_lines, write_lines
from pipeline.history.page import as_json, as_text
from pipeline.library import Outcome
from pipeline.report import cost as costs
from pipeline.report.model import Report
from pipeline.repository import folder_of

_DAY_SECONDS = 86_400


async def history(root: Path, form: str, days: float) -> Outcome:
    """Return the trends of a repository's services, as text or JSON."""
    if form not in {"text", "json"}:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint="it can be text or json")
    runs = recorded(root, days)
    return Outcome(as_json(runs) if form == "json" else as_text(runs))


async def export_runs(root: Path, file: Path | None, days: float) -> Outcome:
    """Write a repository's runs as JSON lines, to a file or to standard output."""
    runs = recorded(root, days)
    text = "".join(write_lines(runs))
    if file is None:
        return Outcome(text)
    _write(file, text)
    return Outcome(f"{len(runs)} runs written to {file}\n")


async def import_runs(files: Sequence[Path]) -> Outcome:
    """Take runs into the record, from files of JSON lines; a run that is there already is left as it is."""
    runs = [run for file in files for run in read_lines(_text(file), str(file))]
    new = _record().add(runs)
    return Outcome(f"{new} runs taken in, {len(runs) - new} were known\n")


async def cost(root: Path, form: str, days: float, given: Mapping[str, float | None]) -> Outcome:
    """Return what the cache saves, as text or JSON.

    Parameters
    ----------
    given:
        What flags set over [cost] of the configuration, by its keys; and `after_seconds`.
    """
    if form not in {"text", "json"}:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint="it can be text or json")
    root = folder_of(root, "--root")
    file = load(root, environ=os.environ).cost if (root / CONFIG_NAME).exists() else Cost()
    numbers = file.model_copy(update={key: value for key, value in given.items() if value is not None})
    after = given.get("after_seconds")
    pace = costs.pace(recorded(root, days))
    if numbers.before_seconds is not None:
        pace = replace(pace, before=numbers.before_seconds, before_from="given")
    if after is not None:
        pace = replace(pace, after=after, after_from="given")
    if not (pace.before and pace.after):
        msg = "no successful run of this repository is recorded"
        raise UsageError(msg, hint="build first, or give --before and --after in seconds")
    team = costs.Team(
        numbers.engineers,
        numbers.builds_a_day,
        numbers.minute_price,
        numbers.hour_price,
        numbers.working_days,
        numbers.currency,
    )
    return Outcome(costs.as_json(team, pace) if form == "json" else costs.as_text(team, pace))


async def html(report: Path, file: Path) -> Outcome:
    """Write the report of a run as a page. The images that it lists are looked for beside the report."""
    from pipeline.report.html import page  # noqa: PLC0415 - its library is for no other command

    found = list(read_lines(_text(report), str(report)))
    if not found:
        msg = "no report is in it"
        raise UsageError(msg, file=str(report), hint="`pipeline build` writes one")
    run = found[-1]
    try:
        runs = _record().runs(run.repository)
    except HistoryError as error:
        print(f"pipeline: no trends: {error}", file=sys.stderr)  # noqa: T201 - the page is whole without them
        runs = ()
    _write(file, page(run, runs, report.resolve().parent))
    return Outcome(f"{file}\n")


async def metrics(root: Path) -> Outcome:
    """Return the figures of each service's latest recorded build, in Prometheus's text format."""
    from pipeline.report import metrics as figures  # noqa: PLC0415 - its library is for no other command

    root = folder_of(root, "--root")
    names = load(root, environ=os.environ).services
    runs = recorded(root)
    if not runs:
        msg = "no run of this repository is recorded"
        raise UsageError(msg, hint="build first")
    return Outcome(figures.exposition(figures.collect(runs[-1], _record(), list(names))))


def recorded(root: Path, days: float = 0) -> tuple[Report, ...]:
    """Return the recorded runs of the repository at `root`, the oldest first; of the last days, if any are named."""
    since = time.time() - days * _DAY_SECONDS if days else 0.0
    return _record().runs(vcs.identity(folder_of(root, "--root"))[0], since=since)


def _record() -> History:
    return History(state_folder() / FILE_NAME)


def _write(file: Path, text: str) -> None:
    try:
        write_text_atomic(file, text)
    except OSError as error:
        msg = f"{file} cannot be written: {error.strerror}"
        raise UsageError(msg, hint="name a file in a folder that can be written to") from None


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        msg = "not UTF-8"
        raise UsageError(msg, file=str(file)) from None
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise UsageError(
            msg, file=str(file), hint="name a file that `pipeline report export` wrote, or a report.json"
        ) from None
