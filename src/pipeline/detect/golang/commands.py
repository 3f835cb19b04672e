"""The subcommand by which a program serves, where it has several: alone it would print what it can do, and end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from pipeline.detect.found import Found
from pipeline.detect.programs import Program
from pipeline.detect.syntax import line, placed, text

_SERVE = ("serve", "server", "start")
"""What such a subcommand is called, the surest first."""

_NAMES = {"Name", "Use"}
_DECLARED = re.compile(r"(?:var\s+)?(\w+)[^=\n]*=")


def subcommand(files: Sequence[Program]) -> Found[tuple[str, ...]] | None:
    """Return the command that starts a service of several commands, None where it has none that serves."""
    known: dict[str, tuple[str, int]] = {}
    for file in files:
        if b"Command{" in file.content and (root := file.tree()):
            for name, number in _commands(root, files):
                known.setdefault(name, (file.name, number))
    chosen = next((name for name in _SERVE if name in known), "")
    return Found("runtime.start", ("/bin/app", chosen), *known[chosen], "its subcommand") if chosen else None


def _commands(root: Node, files: Sequence[Program]) -> Iterator[tuple[str, int]]:
    """Yield the names of commands that have no others, each with its line: `&cobra.Command{Use: "serve [flags]"}`, `&cli.Command{Name: "serve"}`."""
    for command, above in placed(root, "composite_literal"):
        body = command.child_by_field_name("body")
        if not body or text(command.child_by_field_name("type")).rpartition(".")[2] != "Command":
            continue
        if _has_others(list(above.nearest()) if above else [], files):
            continue
        for element in body.named_children:
            key, _, value = text(element).partition(":")
            words = value.strip().strip('"`').split()
            if key.strip() in _NAMES and words:
                yield words[0], line(element)


def _has_others(above: Sequence[Node], files: Sequence[Program]) -> bool:
    """Whether a command is the program itself, or one that only has others: `root.AddCommand(…)`, in the function that makes it."""
    declared = next(
        (node for node in above if node.type in {"short_var_declaration", "var_spec", "assignment_statement"}), None
    )
    function = next((node for node in above if node.type in {"function_declaration", "method_declaration"}), None)
    if not (name := _DECLARED.match(text(declared))):
        return False
    added = re.compile(rb"\b%s\.AddCommand\(" % name[1].encode())
    places = [function.text or b""] if function else [file.content for file in files]
    return any(added.search(place) for place in places)
