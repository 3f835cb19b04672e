"""Build constraints: which Go files a build for Linux takes in, by their first lines and their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

_LINE = re.compile(rb"^//go:build (.+)$", re.MULTILINE)
_PACKAGE = re.compile(rb"^package ", re.MULTILINE)
_TRUE = {"linux", "unix", "amd64", "arm64", "cgo", "gc"}
_OTHER_SYSTEMS = re.compile(
    r"_(?:aix|android|darwin|dragonfly|freebsd|illumos|ios|js|netbsd|openbsd|plan9|solaris|wasip1|windows)(?:_\w+)?\.go$"
)
_RELEASE = re.compile(r"go1\.\d+")


def built(name: str, content: bytes, tags: Collection[str] = ()) -> bool:
    """Whether a build for Linux takes in a file.

    Parameters
    ----------
    tags:
        The build tags that are set.
    """
    if _OTHER_SYSTEMS.search(name):
        return False
    head = content[: found.start()] if (found := _PACKAGE.search(content)) else content
    constraint = _LINE.search(head)
    return not constraint or _holds(constraint[1].decode("utf-8", errors="replace"), _TRUE.union(tags))


def _holds(constraint: str, true: set[str]) -> bool:
    """Whether a constraint holds. Its operators are Python's by other names, and its tags are names but for their dots."""
    text = _RELEASE.sub("True", constraint).replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    try:
        return _value(ast.parse(text.strip().replace(".", "_"), mode="eval").body, true)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True


def _value(node: ast.expr, true: set[str]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And()):
            return all(_value(item, true) for item in node.values)
        case ast.BoolOp():
            return any(_value(item, true) for item in node.values)
        case ast.UnaryOp(operand=operand):
            return not _value(operand, true)
        case ast.Name(id=name):
            return name in true
        case _:
            return True
