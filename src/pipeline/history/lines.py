"""Runs as JSON lines: how they travel from a CI's machines to where the record is kept. A line is a report.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.report.model import Report


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
        If a line is no report, or tells no run.
    """
    if text.startswith("{\n"):
        yield _report(text, name, 1)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _report(line, name, number)


def _report(text: str, name: str, line: int) -> Report:
    try:
        report = Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        hint = "a line is a report as `pipeline build` writes it"
        msg = f"no report: {first['msg']}"
        raise UsageError(msg, file=name, line=line, key=key, hint=hint) from None
    if not report.run:
        msg = "the report tells no run"
        raise UsageError(msg, file=name, line=line, key="run", hint="an earlier version of pipeline wrote it: build again")
    return report
