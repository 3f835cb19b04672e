"""pipeline.toml: its JSON Schema, for editors, and docs/configuration.md, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.config.model import Config

_DOCUMENT = """\
# pipeline.toml

<!-- Made from the configuration's types: `pytest --update-golden` writes it again. -->

`pipeline init` writes the file, and `pipeline plan` shows each value with the file and line that it comes from. Editors
complete it by its [JSON Schema](pipeline.schema.json). Flags win over environment variables, which win over the file.
"""


_TABLES = (
    ("Bases", "bases"),
    ("Cache", "cache"),
    ("Engine", "engine"),
    ("Doctor", "doctor"),
    ("History", "history"),
    ("Metrics", "metrics"),
    ("Scan", "scan"),
    ("ScanTool", "scan.tools.NAME"),
    ("Cost", "cost"),
    ("Service", "services.NAME"),
)

_DETECTED = ("Service", "Runtime", "Node", "Go")
"""The tables whose keys are detected where they have no default."""


def config_schema() -> str:
    """Return the JSON Schema as text, as docs/pipeline.schema.json holds it."""
    schema = _schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "pipeline.toml"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def config_reference() -> str:
    """Return the reference as Markdown, as docs/configuration.md holds it."""
    schema = _schema()
    definitions: Mapping[str, Any] = schema["$defs"]
    parts = [_DOCUMENT, *_table("The file", "", schema)]
    for name, key in _TABLES:
        parts += _table(f"[{key}]", definitions[name]["description"], definitions[name])
        for field, entry in definitions[name]["properties"].items():
            if reference := _reference(entry):
                table = definitions[reference]
                parts += _table(f"[{key}.{field}]", table["description"], table)
    return "\n".join(parts)


def _schema() -> dict[str, Any]:
    schema = Config.model_json_schema(by_alias=True)
    # How many cores the machine has that writes the schema is nobody's default.
    schema["properties"]["max_parallel"].pop("default", None)
    return schema


def _reference(entry: Mapping[str, Any]) -> str:
    return str(entry.get("$ref", "")).rpartition("/")[2]


def _table(title: str, description: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield f"## `{title}`\n" if title.startswith("[") else f"## {title}\n"
    if description:
        yield f"{description}\n"
    yield "| key | value | default | meaning |\n| --- | --- | --- | --- |"
    for name, entry in table["properties"].items():
        if not _reference(entry):
            meaning = " ".join(str(entry.get("description", "")).split()).replace("|", "\\|")
            yield f"| `{name}` | {_kind(entry)} | {_default(name, entry, table)} | {meaning} |"
    yield ""


def _kind(entry: Mapping[str, Any]) -> str:
    if "anyOf" in entry:
        return " or ".join(_kind(item) for item in entry["anyOf"] if item.get("type") != "null")
    if values := entry.get("enum", [entry["const"]] if "const" in entry else []):
        return " or ".join(f"`{json.dumps(item)}`" for item in values)
    if entry.get("type") == "array":
        return f"list of {_kind(entry['items'])}"
    return {"object": "table", "string": "text"}.get(str(entry.get("type")), str(entry.get("type")))


def _default(name: str, entry: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    if name in table.get("required", ()):
        return "required"
    default = entry.get("default")
    if default is not None:
        return f"`{json.dumps(default)}`"
    return "detected" if table.get("title") in _DETECTED else ""
