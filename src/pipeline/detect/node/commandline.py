"""A script of package.json as a shell reads it, by a real grammar."""

from __future__ import annotations

import re
import shlex
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from pipeline.detect.syntax import Above, placed, text, walk

_SHELL = re.compile(r"[&|;<>$`*]")
"""Without these a shell does no more to a script than to take it apart into words."""

_DEFAULT = re.compile(r"\A([A-Z_][A-Z0-9_]*)=\$\{\1:?-([^{}]*)\}\Z")
"""A variable that is set where it is not: what an image's own variables are."""

_LITERAL = {
    *("program", "command", "command_name", "word", "number", "concatenation"),
    *("string", "string_content", "raw_string", "variable_assignment", "variable_name"),
}
"""Nodes that stand for nothing else."""

_LONG = 10_000


def words(script: str) -> list[str]:
    """Return the words of a script that is one command; none where a shell would make others of them."""
    if _SHELL.search(script) and not _is_plain(script):
        return []
    try:
        return [_DEFAULT.sub(r"\1=\2", word) for word in shlex.split(script)]
    except ValueError:
        return []


def commands(script: str) -> tuple[str, ...]:
    """Return the commands of a script as they stand there."""
    return tuple(text(node) for node in walk(_root(script), "command"))


def _is_plain(script: str) -> bool:
    """Whether a script is one command in which all that a shell would replace is quoted."""
    root = _root(script)
    # What a backslash does in quotes is another thing for a shell than for what takes words apart here.
    if len(script) > _LONG or "\\" in script or root.has_error or [node.type for node in root.children] != ["command"]:
        return False
    return all(_is_literal(node, above) for node, above in placed(root))


def _is_literal(node: Node, above: Above | None) -> bool:
    if node.type == "expansion":
        within = (text(item).replace('"', "") for item in (above.nearest() if above else ()))
        return any(_DEFAULT.match(item) for item in within)
    return node.type in _LITERAL and not (node.type == "word" and "*" in text(node))


def _root(script: str) -> Node:
    return _parser().parse(script[:_LONG].encode()).root_node


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))
