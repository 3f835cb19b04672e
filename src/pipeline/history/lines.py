"""Runs as JSON lines: how they travel from a CI's machines to where the record is kept. A line is a report.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.report.model import Report, seconds

_HINT = "a line is a report as `pipeline build` writes it"


def write_lines(reports: Iterable[Report]) -> Iterator[str]:
    """Yield a line for each run, with its line end."""
    for report in reports:
        yield report.model_dump_json(exclude_defaults=True) + "\n"


def read_lines(text: str, name: str) -> Iterator[Report]:
    """Yield the runs of a file of JSON lines, or the one of a report.json.

    Parameters
    ----------
    name:
        What the file is called, for errors.

    Raises
    ------
    UsageError
        If a line is no report, or tells no run, or a time that is none.
    """
    if text.startswith("{\n"):
        yield _report(text, name, 1)
        return
    # `str.splitlines` would end one within a message, too: JSON has other line separators in it as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _report(line, name, number)


def _report(text: str, name: str, line: int) -> Report:
    try:
        report = Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        msg = f"no report: {first['msg']}"
        raise UsageError(msg, file=name, line=line, key=key, hint=_HINT) from None
    if not report.run:
        msg = "the report tells no run"
        raise UsageError(msg, file=name, line=line, key="run", hint="an earlier version of pipeline wrote it: build again")
    for key, time in _times(report):
        if not _is_time(time):
            msg = f"{time!r} is no time"
            raise UsageError(msg, file=name, line=line, key=key, hint=_HINT)
    return report


def _times(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the times that a report tells, by their keys: that of the run, and of what began in it."""
    yield "started", report.started
    for number, service in enumerate(report.services):
        places = [("started", service.started)]
        places += [(f"stages.{place}.started", stage.started) for place, stage in enumerate(service.stages)]
        yield from ((f"services.{number}.{key}", time) for key, time in places if time)


def _is_time(text: str) -> bool:
    try:
        return seconds(text) > 0
    except (ValueError, OverflowError):
        return False
