"""What doctor looks for and what it finds, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.doctor.dockerfile import Dockerfile
    from pipeline.doctor.service import ServiceFolder


class Severity(StrEnum):
    """How bad a finding is; the values are SARIF's levels."""

    ERROR = "error"
    """It breaks, leaks, or does not do what it says."""
    WARNING = "warning"
    """It costs time, size or safety."""
    NOTE = "note"
    """It could be better."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A mechanical change of a file.

    Parameters
    ----------
    file:
        The file's name, relative to the root of what is examined.
    line, end:
        The lines that are replaced, from 1: `line` up to, and without, `end`. Where both are the same the text is put before
        that line; 0 puts it at the end of the file, which is made if there is none.
    text:
        What stands there afterwards, whole lines with their ends.
    """

    file: str
    line: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One pitfall.

    Parameters
    ----------
    id:
        Its family and name ("P10-root-user").
    title:
        What is found, in a few words.
    why:
        What it costs who falls into it.
    bad, good:
        A repository's files that have the pitfall, and the same without.
    buildkit:
        The check of BuildKit's own that reports the same, "" where none does.
    """

    id: str
    title: str
    why: str
    severity: Severity
    bad: Mapping[str, str]
    good: Mapping[str, str]
    buildkit: str = ""

    @property
    def family(self) -> str:
        """Return the row of the specification that the rule belongs to."""
        return self.id.partition("-")[0]

    def at(
        self, file: str, line: int, reason: str, fix: str, edits: Iterable[Edit] = (), severity: Severity | None = None
    ) -> Finding:
        """Return what the rule found at a place."""
        return Finding(self, severity or self.severity, file, line, reason, fix, tuple(edits))


@dataclass(frozen=True, slots=True)
class Finding:
    """One pitfall at one place.

    Parameters
    ----------
    file, line:
        Where: relative to the root of what is examined, and from 1; 0 where it is the whole file.
    reason:
        What is wrong here.
    fix:
        What to change.
    edits:
        The same, mechanically; none where a person has to decide.
    """

    rule: Rule
    severity: Severity
    file: str
    line: int
    reason: str
    fix: str
    edits: tuple[Edit, ...] = ()

    @property
    def place(self) -> str:
        """Return where it is, as editors write it."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Family:
    """The rules of one row of the specification, and what checks them. Each check reports any of the rules."""

    id: str
    title: str
    rules: tuple[Rule, ...]
    dockerfile: Callable[[Dockerfile], Iterable[Finding]] | None = None
    service: Callable[[ServiceFolder], Iterable[Finding]] | None = None
