"""Files of a service as syntax trees: JSON with the lines of its keys, and the literals of programs.

Tree-sitter's grammars read what is there and go on after what they do not know, so a file of a newer dialect costs at
most the findings in the part that is new.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tree_sitter import Language, Node, Parser

from pipeline.files import plain

_GRAMMARS = {
    ".json": ("tree_sitter_json", "language"),
    ".go": ("tree_sitter_go", "language"),
    ".js": ("tree_sitter_javascript", "language"),
    ".mjs": ("tree_sitter_javascript", "language"),
    ".cjs": ("tree_sitter_javascript", "language"),
    ".ts": ("tree_sitter_typescript", "language_typescript"),
    ".mts": ("tree_sitter_typescript", "language_typescript"),
    ".cts": ("tree_sitter_typescript", "language_typescript"),
    ".jsx": ("tree_sitter_javascript", "language"),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
}

LARGE = 1_000_000
"""Bytes beyond which a file is taken for a bundle or data, and not read."""

_NEAR = 16
"""How many things that lie within each other count for the innermost."""

_LONG = 10_000
"""Bytes beyond which no expression is a name, a number or an address: in a chain of many each is part of all that follow."""


@cache
def _parser(suffix: str) -> Parser:
    module, function = _GRAMMARS[suffix]
    return Parser(Language(getattr(importlib.import_module(module), function)()))


def tree(path: Path) -> Node | None:
    """Return a file's syntax tree; None where there is no readable file, or no grammar for it."""
    if path.suffix not in _GRAMMARS:
        return None
    try:
        if path.stat().st_size > LARGE:
            return None
        return _parser(path.suffix).parse(plain(path).read_bytes()).root_node
    except OSError:
        return None


def text(node: Node | None) -> str:
    """Return the source text of a node, "" of none and of one that is too long to count."""
    if not node or node.end_byte - node.start_byte > _LONG:
        return ""
    return (node.text or b"").decode("utf-8", errors="replace")


def line(node: Node) -> int:
    """Return the line on which a node begins, from 1."""
    return node.start_point[0] + 1


def walk(node: Node, *kinds: str) -> Iterator[Node]:
    """Yield the nodes of some kinds below a node, in the order of the text; all where no kind is named."""
    for item, _ in placed(node, *kinds):
        yield item


def settings_of(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a folder's settings that are programs (`vite.config.ts`), however deep they lie there."""
    for path in sorted(folder.glob(pattern)):
        if root := tree(path):
            for pair in walk(root, "pair"):
                yield text(pair.child_by_field_name("key")).strip("\"'"), text(pair.child_by_field_name("value"))


class Above(NamedTuple):
    """What a node lies in, and what that lies in. The library looks for a node's parent from the root downwards each time."""

    node: Node
    above: Above | None

    def nearest(self) -> Iterator[Node]:
        """Yield what the node lies in, from the inside out, as far as counts."""
        here: Above | None = self
        for _ in range(_NEAR):
            if not here:
                return
            yield here.node
            here = here.above


def placed(node: Node, *kinds: str) -> Iterator[tuple[Node, Above | None]]:
    """Yield the nodes of some kinds below a node with what they lie in, in the order of the text; all where no kind is named."""
    pending: list[tuple[Node, Above | None]] = [(node, None)]
    while pending:
        item, above = pending.pop()
        if not kinds or item.type in kinds:
            yield item, above
        here = Above(item, above)
        pending.extend((child, here) for child in reversed(item.named_children))


@dataclass(frozen=True, slots=True)
class Literal:
    """A string literal of a program: its content, its line, the node, and what that lies in, from the inside out."""

    value: str
    line: int
    node: Node
    above: Above | None

    def nearest(self) -> Iterator[Node]:
        """Yield what the literal lies in, from the inside out, as far as counts."""
        return self.above.nearest() if self.above else iter(())


_STRINGS = ("string", "template_string", "interpreted_string_literal", "raw_string_literal")


def literals(root: Node) -> Iterator[Literal]:
    """Yield the string literals of a program, without their quotes."""
    for node, above in placed(root, *_STRINGS):
        yield Literal(text(node)[1:-1], line(node), node, above)


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON file's value, comments and trailing commas forgiven, with the lines of its keys by their path."""

    value: Any
    lines: Mapping[tuple[str, ...], int]

    def line(self, *path: str) -> int:
        """Return the line of a key, 0 if the file has none such."""
        return self.lines.get(path, 0)


def document(path: Path) -> Document:
    """Return a JSON file as far as it can be read: an empty object where it cannot."""
    lines: dict[tuple[str, ...], int] = {}
    root = _parser(".json").parse(path.read_bytes()).root_node if path.is_file() else None
    top = next((child for child in root.named_children if child.type in {"object", "array"}), None) if root else None
    try:
        return Document(_value(top, (), lines) if top else {}, lines)
    except RecursionError:
        return Document({}, lines)


def lines_of_json(source: str) -> Mapping[tuple[str, ...], int]:
    """Return the lines of the keys and items of a JSON text by their paths."""
    lines: dict[tuple[str, ...], int] = {}
    for top in _parser(".json").parse(source.encode()).root_node.named_children:
        _value(top, (), lines)
    return lines


def _value(node: Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> Any:
    match node.type:
        case "object":
            found: dict[str, Any] = {}
            for pair in node.named_children:
                key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if pair.type == "pair" and key and value:
                    name = str(_scalar(key))
                    lines[*path, name] = line(key)
                    found[name] = _value(value, (*path, name), lines)
            return found
        case "array":
            items = [child for child in node.named_children if child.type not in {"comment", "ERROR"}]
            lines.update({(*path, str(number)): line(item) for number, item in enumerate(items)})
            return [_value(item, (*path, str(number)), lines) for number, item in enumerate(items)]
        case _:
            return _scalar(node)


def _scalar(node: Node) -> Any:

    try:
        return json.loads(text(node))
    except ValueError:
        return text(node)
