"""A service's configuration file: does it parse, and does it fit its schema (G4). YAML, JSON and TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from pipeline.errors import ConfigInvalid
from pipeline.nesting import LIMIT, is_deep

_Line = Callable[[Sequence[str | int]], int]
"""Returns the line of the value at a path, or of the nearest thing around it."""


def validate_config(text: str, file: str, schema: str = "", schema_file: str = "") -> None:
    """Check a configuration file, and its content against a JSON Schema where there is one.

    Parameters
    ----------
    file:
        The file's name, whose end says what it is: `.json`, `.toml`, anything else is YAML.

    Raises
    ------
    ConfigInvalid
        Naming file, line and path of the first fault.
    """
    read = {".json": _json, ".toml": _toml}.get(PurePosixPath(file).suffix, _yaml)
    value, line = read(text, file)
    if schema:
        _check_schema(value, line, file, schema, schema_file)


def _json(text: str, file: str) -> tuple[Any, _Line]:
    from pipeline.detect.syntax import lines_of_json  # noqa: PLC0415 - only builds with such a file pay for it

    def unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                msg = f"{file}:{_last_line(text, key)}: the key {key!r} stands twice"
                raise ConfigInvalid(msg)
            seen.add(key)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        msg = f"{file}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}"
        raise ConfigInvalid(msg) from None
    except RecursionError as error:
        msg = f"{file}: not valid JSON: {error}"
        raise ConfigInvalid(msg) from None
    lines = lines_of_json(text)

    def line(path: Sequence[str | int]) -> int:
        names = tuple(map(str, path))
        return next((lines[names[:end]] for end in range(len(names), 0, -1) if names[:end] in lines), 1)

    return value, line


def _last_line(text: str, key: str) -> int:
    return text[: text.rindex(json.dumps(key, ensure_ascii=False))].count("\n") + 1


def _toml(text: str, file: str) -> tuple[Any, _Line]:
    from pipeline.config.faults import line_of, syntax_error  # noqa: PLC0415 - as above

    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(str(syntax_error(error, text, file))) from None
    return value, lambda path: line_of(text, [str(part) for part in path]) or 1


def _yaml(text: str, file: str) -> tuple[Any, _Line]:
    import yaml  # noqa: PLC0415 - as above

    if is_deep(text):
        msg = f"{file}: more than {LIMIT} brackets in each other"
        raise ConfigInvalid(msg)
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        value = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        msg = f"{place}: not valid YAML: {error.problem or error.context}"
        raise ConfigInvalid(msg) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        msg = f"{file}: not valid YAML: {error}"
        raise ConfigInvalid(msg) from None
    finally:
        loader.dispose()
    _check_unique(node, file)
    return value, lambda path: _line(node, path)


def _check_unique(node: Any, file: str) -> None:
    pending = [node] if node else []
    seen: set[int] = set()
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if item.id == "mapping":
            keys: set[str] = set()
            for key, child in item.value:
                if key.value in keys and isinstance(key.value, str):
                    msg = f"{file}:{key.start_mark.line + 1}: the key {key.value!r} stands twice"
                    raise ConfigInvalid(msg)
                if isinstance(key.value, str):
                    keys.add(key.value)
                pending.append(child)
        elif item.id == "sequence":
            pending.extend(item.value)


def _check_schema(value: Any, line: _Line, file: str, schema: str, schema_file: str) -> None:
    import jsonschema  # noqa: PLC0415 - as above
    from jsonschema.exceptions import SchemaError, best_match  # noqa: PLC0415

    try:
        rules = json.loads(schema)
        kind = jsonschema.validators.validator_for(rules, default=jsonschema.Draft202012Validator)
        kind.check_schema(rules)
    except json.JSONDecodeError as error:
        msg = f"{schema_file}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}"
        raise ConfigInvalid(msg) from None
    except SchemaError as error:
        msg = f"{schema_file}: {_path(error.absolute_path)}: no valid JSON Schema: {error.message}"
        raise ConfigInvalid(msg) from None
    if fault := best_match(kind(rules).iter_errors(value)):
        path = list(fault.absolute_path)
        msg = f"{file}:{line(path)}: {_path(path)}: {fault.message}"
        raise ConfigInvalid(msg)


def _path(parts: Any) -> str:
    return ".".join(map(str, parts)) or "(top)"


def _line(node: Any, path: Sequence[str | int]) -> int:
    """Return the line of the value at a path, or of the nearest thing around it."""
    line = node.start_mark.line + 1 if node else 1
    for part in path:
        if node.id == "mapping":
            found = next(((key, child) for key, child in node.value if key.value == str(part)), None)
            if not found:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif node.id == "sequence" and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
