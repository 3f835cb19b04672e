"""A Dockerfile as stages and instructions. BuildKit's own grammar reads it, in the port that the parser's package brings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from e2b_dockerfile_utils import DockerfileInstruction, DockerfileSyntaxError, ShellLex, parse_dockerfile_ast

from pipeline.doctor.context import Context
from pipeline.doctor.shell import Script, exec_form, shell
from pipeline.files import plain

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(.+?)\s*\Z")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?[-+?][^}]*)?\}|(\w+))")


class Unreadable(ValueError):
    """A file that is no Dockerfile. `line` is where, 0 if that cannot be told."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Parameters
    ----------
    name:
        In capitals ("RUN").
    args:
        Its words, as written; of `RUN` and shell forms the one command line.
    flags:
        Its options as they stand ("--from=build").
    exec_form:
        Whether the arguments are a JSON array.
    lines:
        Its source, line by line.
    line:
        Where it begins, from 1.
    """

    name: str
    args: tuple[str, ...]
    flags: tuple[str, ...]
    exec_form: bool
    lines: tuple[str, ...]
    line: int
    heredocs: tuple[tuple[str, str], ...] = ()

    @property
    def end(self) -> int:
        """Return the line after its last one."""
        return self.line + len(self.lines)

    def flag(self, name: str) -> str:
        """Return the value of an option, "" where it is not given."""
        return next((flag.partition("=")[2] for flag in self.flags if flag.partition("=")[0] == f"--{name}"), "")

    def has(self, name: str) -> bool:
        """Whether an option is given, with a value or without."""
        return any(flag.partition("=")[0] == f"--{name}" for flag in self.flags)

    def line_of(self, text: str) -> int:
        """Return the line of the instruction that holds a text, its first one if none does."""
        return next((self.line + number for number, line in enumerate(self.lines) if text in line), self.line)

    @property
    def mounts(self) -> tuple[Mapping[str, str], ...]:
        """Return the mounts of a `RUN`, each as its options."""
        found = []
        for flag in self.flags:
            name, _, value = flag.partition("=")
            if name == "--mount":
                pairs = (part.partition("=") for part in value.split(","))
                found.append({"type": "bind"} | {_MOUNT_KEYS.get(key, key): setting for key, _, setting in pairs})
        return tuple(found)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values of an `ENV` or `LABEL`, quotes taken away."""
        lex = ShellLex("\\")
        # The grammar gives a name, its value, and the sign between them.
        return tuple(
            (_plain(lex, key), _plain(lex, value)) for key, value in zip(self.args[::3], self.args[1::3], strict=False)
        )

    @property
    def declared(self) -> tuple[tuple[str, str | None], ...]:
        """Return the names that an `ARG` declares, with their defaults; None where there is none."""
        lex = ShellLex("\\")
        split = (arg.partition("=") for arg in self.args)
        return tuple((name, _plain(lex, value) if sign else None) for name, sign, value in split)

    @property
    def copied(self) -> tuple[str, ...]:
        """Return the sources of a `COPY` or `ADD`."""
        return tuple(_clean(arg) for arg in self.args[:-1] if not arg.startswith("<<"))

    @property
    def destination(self) -> str:
        """Return the destination of a `COPY` or `ADD`."""
        return self.args[-1] if self.args else ""

    @property
    def from_context(self) -> bool:
        """Whether it is a `COPY` or `ADD` of files of the build context."""
        return self.name in {"COPY", "ADD"} and not self.has("from") and bool(self.copied)

    @cached_property
    def script(self) -> Script:
        """Return the commands of a `RUN`, `CMD`, `ENTRYPOINT` or `HEALTHCHECK CMD`."""
        args = self.args[1:] if self.name == "HEALTHCHECK" else self.args
        if self.exec_form:
            return exec_form(args, [self.line_of(arg) for arg in args])
        text = args[0] if args else ""
        if self.heredocs and re.fullmatch(r"<<-?[\"']?\w+[\"']?", text.strip()):
            content = self.heredocs[0][1]
            return shell(content, [self.line + 1 + content[:at].count("\n") for at in range(len(content))])
        rows = self._rows(text)
        for name, content in self.heredocs:
            body = f"\n{content}{name}"
            text, rows = text + body, rows + [self.line] * len(body)
        return shell(text, rows)

    def _rows(self, text: str) -> list[int]:
        """Return for each character of a command line the line that it stands on."""
        joined, rows = "", list[int]()
        for number, line in enumerate(self.lines):
            if number and (not line.strip() or line.lstrip().startswith("#")):
                continue
            part = re.sub(r"\\[ \t]*\Z", "", line)
            joined += part
            rows += [self.line + number] * len(part)
        start = joined.find(text) if text else -1
        return rows[start : start + len(text)] if start >= 0 else [self.line] * len(text)


_MOUNT_KEYS = {"dst": "target", "destination": "target", "src": "source"}


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    name:
        As `AS` calls it, "" for none.
    base:
        The image or stage that it begins with, the defaults of global arguments put in.
    platform:
        The value of `--platform`.
    parent:
        The earlier stage that is the base, None where an image is.
    """

    index: int
    name: str
    base: str
    platform: str
    opening: Instruction
    parent: Stage | None
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Return the line of its `FROM`."""
        return self.opening.line

    @property
    def title(self) -> str:
        """Return how people call it."""
        return f"stage {self.name}" if self.name else "the only stage" if not self.index else f"stage {self.index}"

    @property
    def open(self) -> bool:
        """Whether the image is an argument of the build, whose default is no more than a name."""
        written = self.lineage[0].opening.args[:1]
        return bool(written and re.fullmatch(r"\$\{?\w+\}?", written[0])) and ":" not in self.image

    @cached_property
    def lineage(self) -> tuple[Stage, ...]:
        """Return the stages that it is made of, the first one first and itself last."""
        return (*(self.parent.lineage if self.parent else ()), self)

    @property
    def image(self) -> str:
        """Return the image at the bottom of its lineage."""
        return self.lineage[0].base

    def chain(self) -> Iterator[Instruction]:
        """Yield all instructions that make the stage, those of its parents first."""
        for stage in self.lineage:
            yield from stage.instructions

    def last(self, name: str) -> Instruction | None:
        """Return the instruction of a name that holds at the end, None if there is none."""
        return next((item for item in reversed(list(self.chain())) if item.name == name), None)


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile.

    Parameters
    ----------
    name:
        Its name relative to the root of what is examined.
    syntax:
        The frontend that it asks for ("docker/dockerfile:1"), "" for the engine's own.
    skipped:
        The checks of BuildKit's that it switches off.
    arguments:
        The arguments before the first stage, with their defaults and lines.
    frontend:
        The version of the engine's own frontend, None where no engine was asked.
    """

    name: str
    lines: tuple[str, ...]
    syntax: str
    skipped: frozenset[str]
    arguments: Mapping[str, tuple[str | None, int]]
    stages: tuple[Stage, ...]
    context: Context
    frontend: tuple[int, int] | None = None

    @property
    def final(self) -> Stage:
        """Return the stage that is the image."""
        return self.stages[-1]

    def stage(self, name: str) -> Stage | None:
        """Return the stage that a `--from` names, None where it is an image or a build context."""
        wanted = name.lower()
        for stage in self.stages:
            if wanted in {stage.name.lower(), str(stage.index)}:
                return stage
        return None

    def descendants(self, stage: Stage) -> Sequence[Stage]:
        """Return a stage and those that begin with it, directly or not."""
        return [item for item in self.stages if stage in item.lineage]

    def skips(self, check: str) -> bool:
        """Whether the file switches a check of BuildKit's off."""
        return bool({check, "all"} & self.skipped)

    @property
    def shell_is_posix(self) -> bool:
        """Whether commands are for a POSIX shell: no Windows image, no other `SHELL`."""
        shells = [item for stage in self.stages for item in stage.instructions if item.name == "SHELL"]
        return all(item.args and item.args[0].rpartition("/")[2] in {"sh", "bash", "ash", "dash"} for item in shells)


def read(path: Path, name: str, context: Context, frontend: tuple[int, int] | None = None) -> Dockerfile:
    """Read a Dockerfile.

    Raises
    ------
    Unreadable
        If the file cannot be read or is no Dockerfile.
    """
    try:
        text = plain(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None
    try:
        ast = parse_dockerfile_ast(text)
    except DockerfileSyntaxError as error:
        raise Unreadable(str(error), error.line or 0) from None
    # As BuildKit counts them: no other character ends a line.
    lines = tuple(text.removesuffix("\n").split("\n"))
    directives = _directives(lines)
    arguments: dict[str, tuple[str | None, int]] = {}
    stages: list[Stage] = []
    for item in ast.instructions:
        instruction = _instruction(item, lines)
        if instruction.name == "FROM":
            stages.append(_stage(instruction, stages, {key: value for key, (value, _) in arguments.items()}))
        elif stages:
            stages[-1].instructions.append(instruction)
        elif instruction.name == "ARG":
            arguments |= {key: (value, instruction.line) for key, value in instruction.declared}
    if not stages:
        msg = "no FROM instruction"
        raise Unreadable(msg, 1)
    skipped = re.findall(r"\w+", directives.get("check", "").partition("skip=")[2].partition(";")[0])
    return Dockerfile(
        name, lines, directives.get("syntax", ""), frozenset(skipped), arguments, tuple(stages), context, frontend
    )


def _directives(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if not match or match[1].lower() not in {"syntax", "escape", "check"}:
            break
        found[match[1].lower()] = match[2]
    return found


def _instruction(item: DockerfileInstruction, lines: Sequence[str]) -> Instruction:
    return Instruction(
        name=item.name.upper(),
        args=tuple(item.args),
        flags=tuple(item.flags),
        exec_form=item.json,
        lines=tuple(lines[item.start_line - 1 : item.end_line]),
        line=item.start_line,
        heredocs=tuple((heredoc.name, heredoc.content) for heredoc in item.heredocs),
    )


def _stage(opening: Instruction, before: Sequence[Stage], arguments: Mapping[str, str | None]) -> Stage:
    base = expanded(opening.args[0] if opening.args else "", arguments)
    name = opening.args[2] if len(opening.args) > 2 and opening.args[1].upper() == "AS" else ""  # noqa: PLR2004 - BASE AS NAME
    parent = next((stage for stage in reversed(before) if stage.name and stage.name.lower() == base.lower()), None)
    return Stage(len(before), name, base, opening.flag("platform"), opening, parent)


def expanded(text: str, values: Mapping[str, str | None]) -> str:
    """Return a text with the variables of known value put in; others stay."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2]) or found[0], text)


def variables(text: str) -> tuple[str, ...]:
    """Return the variables that a text names without a default of its own."""
    return tuple(
        found[1] or found[2] for found in _VARIABLE.finditer(text) if ":" not in found[0] and "\\" + found[0] not in text
    )


def _plain(lex: ShellLex, text: str) -> str:
    try:
        return lex.process_word(text)
    except ValueError:
        return text


def _clean(path: str) -> str:
    stripped = path.removeprefix("./").removesuffix("/")
    return stripped if stripped not in {"", "/"} else "."
