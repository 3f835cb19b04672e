"""The subcommand by which a program serves, where it has several: alone it would print what it can do, and end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tree_sitter import Node

from pipeline.detect.found import Found
from pipeline.detect.programs import Program
from pipeline.detect.syntax import Above, line, placed, text

_SERVE = ("serve", "server", "start")
"""What such a subcommand is called, the surest first."""

_NAMES = {"Name", "Use"}
_OF_PACKAGE = {"init", "main"}
"""Functions that put together what the package has declared."""

_MOST = 200
"""Times that commands are added, beyond which they are data: each of many would be compared with all."""

_ADDS = re.compile(rb"\b(\w+)\.AddCommand\(")
_DECLARED = re.compile(r"(?:var\s+)?(\w+)[^=\n]*=")
_NAMED = re.compile(r"(\w+)(?:\(.*)?\Z", re.DOTALL)
"""What a command is called by: its variable, or the function that makes it."""


@dataclass(frozen=True, slots=True)
class _Added:
    """Commands that another one is given: `root.AddCommand(serve, newMigrate())`, in a function."""

    function: str
    receiver: str
    commands: frozenset[str]


def subcommand(files: Sequence[Program]) -> Found[tuple[str, ...]] | None:
    """Return the command that starts a service of several commands, None where it has none that serves."""
    known: dict[str, tuple[str, int]] = {}
    nested: dict[str, tuple[str, int]] = {}
    every = (item for file in files if b".AddCommand(" in file.content and (root := file.tree()) for item in _added(root))
    added = list(islice(every, _MOST))
    below = [item for item in added if any(_holds(other, item) for other in added)]
    parents = frozenset(name for file in files for name in _ADDS.findall(file.content))
    for file in files:
        if b"Command{" in file.content and (root := file.tree()):
            for name, number, above in _commands(root, parents):
                (nested if _is_nested(above, below) else known).setdefault(name, (file.name, number))
    if chosen := next((name for name in _SERVE if name in known), ""):
        return Found("runtime.start", ("/bin/app", chosen), *known[chosen], "its subcommand")
    if chosen := next((name for name in _SERVE if name in nested), ""):
        why = f"{chosen} is a command of another one: name both behind the program"
        return Found("runtime.start", ("/bin/app",), *nested[chosen], why)
    return None


def _commands(root: Node, parents: frozenset[bytes]) -> Iterator[tuple[str, int, Sequence[Node]]]:
    """Yield the names of commands that have no others, each with its line and what it lies in.

    They are `&cobra.Command{Use: "serve [flags]"}` and `&cli.Command{Name: "serve"}`.

    Parameters
    ----------
    parents:
        What others are added to, in any function: `root.AddCommand(…)`.
    """
    within: dict[int, frozenset[bytes]] = {}
    for command, above in placed(root, "composite_literal"):
        body = command.child_by_field_name("body")
        if not body or text(command.child_by_field_name("type")).rpartition(".")[2] != "Command":
            continue
        around = list(above.nearest()) if above else []
        function = _function(around)
        # A function's own variable has others by what that function says, one of the package by what any does.
        if function and function.id not in within:
            within[function.id] = frozenset(_ADDS.findall(function.text or b""))
        if _variable(around).encode() in (within[function.id] if function else parents):
            continue
        for element in body.named_children:
            key, _, value = text(element).partition(":")
            words = value.strip().strip('"`').split()
            if key.strip() in _NAMES and words:
                yield words[0], line(element), around


def _is_nested(above: Sequence[Node], below: Sequence[_Added]) -> bool:
    """Whether a command is one of another that is no program itself: `app server start`.

    Parameters
    ----------
    below:
        What is added to commands that are added themselves.
    """
    if any(node.type == "keyed_element" and text(node).startswith("Subcommands") for node in above):
        return True
    own, variable = _name(_function(above)), _variable(above)
    return any(own in item.commands or (variable in item.commands and own in {"", item.function}) for item in below)


def _holds(above: _Added, below: _Added) -> bool:
    """Whether a command is given the one that others are given to. A variable counts where both can see it."""
    seen = above.function == below.function or {above.function, below.function} <= _OF_PACKAGE
    if (above.function, above.receiver) == (below.function, below.receiver):
        return False
    return below.function in above.commands or (seen and below.receiver in above.commands)


def _added(root: Node) -> Iterator[_Added]:
    for call, above in placed(root, "call_expression"):
        receiver, _, method = text(call.child_by_field_name("function")).rpartition(".")
        arguments = call.child_by_field_name("arguments")
        if method == "AddCommand" and arguments:
            named = (_NAMED.search(text(item)) for item in arguments.named_children)
            yield _Added(_enclosing(above), receiver, frozenset(found[1] for found in named if found))


def _enclosing(above: Above | None) -> str:
    return _name(_function(list(above.nearest()) if above else []))


def _function(above: Sequence[Node]) -> Node | None:
    return next((node for node in above if node.type in {"function_declaration", "method_declaration"}), None)


def _name(function: Node | None) -> str:
    return text(function.child_by_field_name("name")) if function else ""


def _variable(above: Sequence[Node]) -> str:
    """Return what a command is assigned to, "" where it is to nothing."""
    kinds = {"short_var_declaration", "var_spec", "assignment_statement"}
    found = _DECLARED.match(text(next((node for node in above if node.type in kinds), None)))
    return found[1] if found else ""
