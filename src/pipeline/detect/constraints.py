"""Build constraints: which Go files a build for Linux takes in, by their first lines and their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

_LINE = re.compile(rb"^//go:build (.+)$", re.MULTILINE)
_PACKAGE = re.compile(rb"^package ", re.MULTILINE)
_TRUE = {"linux", "unix", "amd64", "arm64", "cgo", "gc"}
_SYSTEMS = "aix|android|darwin|dragonfly|freebsd|illumos|ios|js|netbsd|openbsd|plan9|solaris|wasip1|windows"
_MACHINES = "386|arm|loong64|mips(?:64)?(?:le)?|ppc64(?:le)?|riscv64|s390x|wasm"
_OTHER = re.compile(rf"_(?:(?:{_SYSTEMS})(?:_(?:amd64|arm64|{_MACHINES}))?|{_MACHINES})\.go$")
_TAG = re.compile(r"[\w.]+")
_RELEASE = re.compile(r"go1\.\d+")


def built(name: str, content: bytes, tags: Collection[str] = ()) -> bool:
    """Whether a build for Linux takes in a file.

    Parameters
    ----------
    tags:
        The build tags that are set.
    """
    if _OTHER.search(name):
        return False
    head = content[: found.start()] if (found := _PACKAGE.search(content)) else content
    constraint = _LINE.search(head)
    return not constraint or _holds(constraint[1].decode("utf-8", errors="replace"), _TRUE.union(tags))


def _holds(constraint: str, true: set[str]) -> bool:
    """Whether a constraint holds. Its operators are Python's by other names; tags are not Python's names: `386`, `with`, `a.b`."""
    text = _TAG.sub(lambda tag: str(tag[0] in true or bool(_RELEASE.fullmatch(tag[0]))), constraint)
    text = text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True


def _value(node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(op=ast.And()):
            return all(map(_value, node.values))
        case ast.BoolOp():
            return any(map(_value, node.values))
        case ast.UnaryOp(operand=operand):
            return not _value(operand)
        case ast.Constant(value=bool(value)):
            return value
        case _:
            return True
