"""report.json: its JSON Schema, and docs/report.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.report.model import Report

_HEAD = """\
# report.json

<!-- Made from the report's types: `pytest --update-golden` writes it again. -->

`pipeline build` and `pipeline publish` write `dist/report.json`, or where `--report FILE` says. Scripts check it by its
[JSON Schema](report.schema.json). Keys are added and never renamed; `version` changes if one ever goes.

```sh
pipeline build
python3 -c 'import json; print(json.load(open("dist/report.json"))["cache_hit_rate"])'
```
"""

_PLACES = {
    "": "The run",
    "EngineResult": "`engine`",
    "ServiceResult": "Each of `services`",
    "Vulnerabilities": "A service's `vulnerabilities`",
    "StageResult": "Each of a service's `stages`",
    "Retry": "Each of a service's `retries`",
}


def report_schema() -> str:
    """Return the schema as text, as docs/report.schema.json holds it."""
    return json.dumps(_schema(), indent=2, sort_keys=True) + "\n"


def report_page() -> str:
    """Return the report's keys as Markdown."""
    schema = _schema()
    tables = {"": schema, **schema["$defs"]}
    ordered = sorted(tables, key=list(_PLACES).index)
    return "\n".join([_HEAD, *(line for name in ordered for line in _table(_PLACES[name], tables[name]))])


def _schema() -> dict[str, Any]:
    schema = Report.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _table(title: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {title}\n\n{table['description']}\n"
    yield "| key | value | meaning |\n| --- | --- | --- |"
    for name, entry in table["properties"].items():
        yield f"| `{name}` | {_kind(entry)} | {entry.get('description', '')} |"
    yield ""


def _kind(entry: Mapping[str, Any]) -> str:
    if values := entry.get("enum", [entry["const"]] if "const" in entry else []):
        return " or ".join(f"`{json.dumps(item)}`" for item in values)
    if "anyOf" in entry:
        return " or ".join(_kind(item) for item in entry["anyOf"])
    if "$ref" in entry:
        return "table, below"
    if entry["type"] == "array":
        return f"list of {_kind(entry['items'])}".replace("table", "tables")
    return "text" if entry["type"] == "string" else str(entry["type"])
