"""The commands of a shell script, found by a real grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from pipeline.detect.syntax import text, walk

_WRAPPERS = {"sudo", "exec", "time", "command", "nohup", "env", "dumb-init", "tini"}
_SHELLS = {"sh", "bash", "ash", "dash"}
_Line = Callable[[Node], int]


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words without quotes, the variables set for it alone, and its line."""

    words: tuple[str, ...]
    line: int
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def program(self) -> str:
        """Return the program's name, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def operands(self) -> tuple[str, ...]:
        """Return the words after the program that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))

    def starts(self, *words: str) -> bool:
        """Whether the command is a program with a subcommand: options may stand between them."""
        return self.program == words[0] and self.operands[: len(words) - 1] == words[1:]

    def option(self, *names: str) -> bool:
        """Whether one of some options is given."""
        return any(word.partition("=")[0] in names for word in self.words[1:])


@dataclass(frozen=True, slots=True)
class Use:
    """A variable that is read: `guarded` where the script says what holds if it is not set."""

    name: str
    line: int
    guarded: bool


@dataclass(frozen=True, slots=True)
class Script:
    """What a script does, as far as it can be told without running it."""

    commands: tuple[Command, ...] = ()
    uses: tuple[Use, ...] = ()
    assigned: Mapping[str, str] = field(default_factory=dict)


def shell(script: str, rows: Sequence[int]) -> Script:
    """Return what a shell script does. `rows` has the line of each character."""
    lines = [row for character, row in zip(script, rows, strict=False) for _ in character.encode()]
    root = _parser().parse(script.encode()).root_node

    def line(node: Node) -> int:
        return lines[min(node.start_byte, len(lines) - 1)] if lines else 0

    return Script(tuple(_commands(root, line)), tuple(_uses(root, line)), dict(_assigned(root)))


def exec_form(words: Sequence[str], rows: Sequence[int]) -> Script:
    """Return what a command in exec form does, that of a script that it hands to a shell included."""
    if not words:
        return Script()
    command = Command(tuple(words), rows[0])
    if command.program in _SHELLS and (at := _script_at(words)):
        return shell(words[at], [rows[at]] * len(words[at]))
    return Script((_unwrapped(command),))


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def _script_at(words: Sequence[str]) -> int:
    """Return where the script stands among the words of a shell's command, 0 where it reads a file."""
    for at, word in enumerate(words[1:-1], 1):
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            return at + 1
    return 0


def _commands(root: Node, line: _Line) -> Iterator[Command]:
    for node in walk(root, "command", "declaration_command"):
        variables: dict[str, str] = {}
        words: list[str] = []
        for child in node.children:
            if child.type == "variable_assignment" and node.type == "command":
                variables[text(child.child_by_field_name("name"))] = _word(child.child_by_field_name("value"))
            elif child.type not in {"file_redirect", "heredoc_redirect", "herestring_redirect"}:
                words.append(_word(child))
        if not words:
            continue
        command = _unwrapped(Command(tuple(words), line(node), variables))
        if command.program in _SHELLS and (at := _script_at(command.words)):
            inner = command.words[at]
            yield from shell(inner, [command.line] * len(inner)).commands
        else:
            yield command


def _unwrapped(command: Command) -> Command:
    """Return a command without the programs that only start it."""
    words, variables = list(command.words), dict(command.variables)
    while words and words[0].rpartition("/")[2] in _WRAPPERS and len(words) > 1:
        words.pop(0)
        while words and (words[0].startswith("-") or "=" in words[0]):
            name, sign, value = words.pop(0).partition("=")
            if sign and not name.startswith("-"):
                variables[name] = value
    return Command(tuple(words), command.line, variables) if words else command


def _uses(root: Node, line: _Line) -> Iterator[Use]:
    for node in walk(root, "simple_expansion", "expansion"):
        name = next((child for child in node.named_children if child.type == "variable_name"), None)
        if name is not None:
            operators = {child.type for child in node.children}
            yield Use(text(name), line(node), bool(operators & {":-", "-", ":=", "=", ":?", "?", ":+", "+"}))


def _assigned(root: Node) -> Iterator[tuple[str, str]]:
    """Yield the variables that a script sets for what follows in it."""
    for node in walk(root, "variable_assignment", "for_statement", "command", "declaration_command"):
        match node.type:
            case "variable_assignment" if node.parent is None or node.parent.type != "command":
                yield text(node.child_by_field_name("name")), _word(node.child_by_field_name("value"))
            case "for_statement":
                yield text(node.child_by_field_name("variable")), ""
            case "command":
                words = [_word(child) for child in node.children]
                if words[:1] == ["read"]:
                    yield from ((word, "") for word in words[1:] if not word.startswith("-"))


def _word(node: Node | None) -> str:
    """Return a word as its program gets it, as far as nothing is put in."""
    if node is None:
        return ""
    match node.type:
        case "string":
            return text(node)[1:-1]
        case "raw_string":
            return text(node)[1:-1]
        case "concatenation":
            return "".join(_word(child) for child in node.children)
        case _:
            return text(node)
