"""The path below which a Go program sets up a route: that of the group or the router that it is set up on.

`api := e.Group("/api")`, `r.Route("/api", func(r chi.Router) {…})`, `r.Mount("/api", routes())` and a group that is given to a
function are followed to where their path stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from pipeline.detect.programs import Program
from pipeline.detect.syntax import Above, Literal, placed, text, walk

_GROUPS = {"Group", "Party", "PathPrefix", "Route"}
_MOUNTS = {"Mount", "StripPrefix"}
_SCOPES = {"source_file", "statement_list", "block"}
_FUNCTIONS = {"function_declaration", "method_declaration"}
_VARIES = re.compile(r"[:{*]")
_DEEPEST = 12
_DEEPEST_OF_MOUNTS = 4
"""How many groups, variables and functions are gone through for one path, and from a mounted router on: each of them has two ways on."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A node with what it lies in, and how many more of them may be gone through."""

    node: Node
    above: Above | None
    left: int = _DEEPEST

    def of(self, node: Node, above: Above | None = None) -> _Place:
        return _Place(node, above or self.above, self.left - 1)


def path_of(item: Literal, files: Sequence[Program]) -> str | None:
    """Return the path of what a route is set up on, "" where that has none, None where it is not told.

    Parameters
    ----------
    item:
        The literal that names the route.
    files:
        All programs of the service: a group may come from another.
    """
    call = _enclosing(item.above, "call_expression")
    receiver = _receiver(call.node) if call else None
    path = _path(_Place(receiver, call.above), files) if call and receiver else ""
    return None if path is None or _VARIES.search(path) else path


def _path(place: _Place, files: Sequence[Program]) -> str | None:
    """Return the path of an expression that is a router, a group, or one made of such."""
    if not place.left:
        return None
    if place.node.type == "identifier":
        return _path_of_name(place, files)
    if place.node.type != "call_expression" or not (receiver := _receiver(place.node)):
        return ""
    outer = _path(place.of(receiver), files)
    return _joined(outer, _prefix(place.node)) if _name(place.node) in _GROUPS else outer


def _path_of_name(place: _Place, files: Sequence[Program]) -> str | None:
    name = text(place.node)
    here = place.above
    while here:
        if here.node.type in _SCOPES and (value := _assigned(here.node, name)):
            return _joined(_path_of_mount(name, here, place, files), _path(place.of(value, here), files))
        if here.node.type == "func_literal" and _parameter(here.node, name):
            call = _enclosing(here.above, "call_expression")
            return _path(place.of(call.node, call.above), files) if call else ""
        if here.node.type in _FUNCTIONS and (found := _parameter(here.node, name)):
            return _path_of_argument(here.node, *found, place, files)
        here = here.above
    return ""


def _path_of_argument(function: Node, at: int, kind: str, place: _Place, files: Sequence[Program]) -> str | None:
    """Return the path of what a function is given, where it is called or is itself given to a group."""
    name = text(function.child_by_field_name("name"))
    for call, above in _calls(files, name):
        arguments = _arguments(call)
        if _name(call) == name and at < len(arguments):
            return _path(place.of(arguments[at], above), files)
        if _name(call) in _GROUPS and any(_last(argument) == name for argument in arguments):
            return _path(place.of(call, above), files)
    return None if kind.endswith("Group") else ""


def _path_of_mount(name: str, scope: Above, place: _Place, files: Sequence[Program]) -> str | None:
    """Return the path on which a router of a function is mounted, there or where the function's result is."""
    around: Above | None = scope
    while around and around.node.type not in _FUNCTIONS:
        around = around.above
    if not around:
        return ""
    maker = text(around.node.child_by_field_name("name"))
    here = (found for found in placed(around.node, "call_expression") if _mounts(found[0], name))
    there = (found for found in _calls(files, maker) if _mounts(found[0], f"{maker}()"))
    for call, above in (*here, *there):
        receiver = _receiver(call)
        left = min(place.left - 1, _DEEPEST_OF_MOUNTS)
        outer = _path(_Place(receiver, above or around, left), files) if receiver else ""
        return _joined(outer, _prefix(call))
    return ""


def _mounts(call: Node, what: str) -> bool:
    """Whether a call mounts a router: one of a name (`api`), or what a function of a name returns (`routes()`)."""
    mounted = next(iter(_arguments(call)[1:]), None)
    if _name(call) not in _MOUNTS or not mounted:
        return False
    return (f"{_name(mounted)}()" if mounted.type == "call_expression" else _last(mounted)) == what


def _calls(files: Sequence[Program], name: str) -> Iterator[tuple[Node, Above | None]]:
    """Yield the calls in programs that a function of a name may have a part in."""
    for file in files:
        if name.encode() in file.content and (root := file.tree()):
            yield from placed(root, "call_expression")


def _enclosing(above: Above | None, kind: str) -> Above | None:
    while above and above.node.type != kind:
        above = above.above
    return above


def _receiver(call: Node) -> Node | None:
    function = call.child_by_field_name("function")
    return function.child_by_field_name("operand") if function and function.type == "selector_expression" else None


def _name(call: Node) -> str:
    return _last(call.child_by_field_name("function"))


def _last(node: Node | None) -> str:
    return text(node).rpartition(".")[2]


def _arguments(call: Node) -> list[Node]:
    return list((call.child_by_field_name("arguments") or call).named_children)


def _prefix(call: Node) -> str | None:
    """Return the path that a group is made with, "" where it has none but a function."""
    first = next(iter(_arguments(call)), None)
    if not first or first.type == "func_literal":
        return ""
    return text(first)[1:-1].rstrip("/") if first.type.endswith("string_literal") else None


def _joined(outer: str | None, inner: str | None) -> str | None:
    return None if outer is None or inner is None else outer + inner


def _assigned(scope: Node, name: str) -> Node | None:
    """Return what a name is first given in a scope, but for what is made of itself: `r = r.With(…)`."""
    for statement in scope.named_children:
        for item in _assignments(statement):
            left = item.child_by_field_name("left")
            names = left.named_children if left else item.children_by_field_name("name")
            right = item.child_by_field_name("right") or item.child_by_field_name("value")
            value = next(iter(right.named_children), None) if right else None
            if value and any(text(one) == name for one in names) and not _within(value, name):
                return value
    return None


def _within(value: Node, name: str) -> bool:
    return any(text(item) == name for item in walk(value, "identifier"))


def _assignments(statement: Node) -> Sequence[Node]:
    """Return the assignments that a statement is."""
    return statement.named_children if statement.type == "var_declaration" else (statement,)


def _parameter(function: Node, name: str) -> tuple[int, str] | None:
    """Return where a function's parameter of a name stands, and the text of its type."""
    found = function.child_by_field_name("parameters")
    at = 0
    for declaration in found.named_children if found else ():
        for one in declaration.children_by_field_name("name"):
            if text(one) == name:
                return at, text(declaration.child_by_field_name("type"))
            at += 1
    return None
