"""Groups of routes in Go programs: the path that a router has for all that is set up on it."""

from __future__ import annotations

import re

from tree_sitter import Node

from pipeline.detect.syntax import Literal, text, walk

_GROUPS = {"Group", "PathPrefix", "Route"}
"""What makes a router for the routes below a path, in chi, echo, fiber, gin and gorilla/mux."""

_MOST = 8
"""Groups that lie in each other."""

_FUNCTIONS = ("function_declaration", "method_declaration")
_DECLARES = ("short_var_declaration", "assignment_statement", "var_spec")
_ARGUMENT = re.compile(r"\A\(\s*[\"`]([^\"`]*)[\"`]")


def path(item: Literal) -> str | None:
    """Return the path that a route lies below, "" where it lies at the root, None where that is not told.

    A group is a function that the router calls, in which the route is set up, or a router of its own, which has a name.
    """
    calls = [node for node in item.nearest() if node.type == "call_expression"]
    if not calls:
        return ""
    parts: list[str | None] = [_part(call) for call in reversed(calls[1:]) if _method(call) in _GROUPS]
    # Another function may have another router of that name.
    function = next((node for node in item.nearest() if node.type in _FUNCTIONS), None)
    parts += _of_receiver(_receiver(calls[0]), function, _MOST)
    known = [part for part in parts if part is not None]
    return "".join(part.rstrip("/") for part in known) if len(known) == len(parts) else None


def _of_receiver(receiver: str, function: Node | None, left: int) -> list[str | None]:
    """Return the parts of the path that a router of that name has, the first of them first."""
    if not receiver.isidentifier() or not function or not left:
        return []
    for declared in walk(function, *_DECLARES):
        names = declared.child_by_field_name("left") or declared.child_by_field_name("name")
        value = declared.child_by_field_name("right") or declared.child_by_field_name("value")
        if text(names).partition(",")[0].strip() == receiver and value:
            calls = list(walk(value, "call_expression"))
            # Of a chain of calls the last is the outermost; `Subrouter` at its end names no path.
            parts = [_part(call) for call in reversed(calls) if _method(call) in _GROUPS]
            if parts:
                return [*_of_receiver(_receiver(calls[-1]), function, left - 1), *parts]
    return []


def _method(call: Node) -> str:
    return text(call.child_by_field_name("function")).rpartition(".")[2]


def _receiver(call: Node) -> str:
    return text(call.child_by_field_name("function")).rpartition(".")[0]


def _part(call: Node) -> str | None:
    """Return the path that a group adds, "" where it only joins routes, None where a value has it."""
    arguments = call.child_by_field_name("arguments")
    if found := _ARGUMENT.match(text(arguments)):
        return found[1]
    first = next(iter(arguments.named_children), None) if arguments else None
    return "" if first is None or first.type == "func_literal" else None
