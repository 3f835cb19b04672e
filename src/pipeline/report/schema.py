"""The published JSON Schema of report.json."""

from __future__ import annotations

import json

from pipeline.report.model import Report


def report_schema() -> str:
    """Return the schema as text, as docs/report.schema.json holds it."""
    schema = Report.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
