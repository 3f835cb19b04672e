"""What docs/ holds of the code's own: pages and schemas, each made from the types or the table that it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.reference.commands import commands_page
from pipeline.reference.configuration import config_reference, config_schema
from pipeline.reference.functions import functions_page
from pipeline.reference.pitfalls import doctor_page
from pipeline.reference.report import report_page, report_schema

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": commands_page,
    "configuration.md": config_reference,
    "doctor.md": doctor_page,
    "functions.md": functions_page,
    "pipeline.schema.json": config_schema,
    "report.md": report_page,
    "report.schema.json": report_schema,
}
"""What makes each file, by its name in docs/."""
