"""Include and exclude patterns as the Dagger API has them: those of a .dockerignore file.

A pattern is relative to the tree's root; `*` stays within a name, `**` crosses folders, and a pattern that matches a
folder covers all below it. `!` before a pattern takes back what earlier ones matched.

Dagger and BuildKit leave the reading to moby/patternmatcher, and what it answers is what is answered here, where it is odd,
too: `**.go` is any name that ends so, in any folder, and `**x*` a name that begins so.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from daglet.errors import InvalidOperation

Matcher = Callable[[str], bool]

_SIGN = re.compile(r"[*?\[\]\\]")
_TOKEN = re.compile(r"(?P<stars>(?:\*\*/?)+)(?P<last>\Z)?|\\?.", re.DOTALL)
_MEMBER = r"(?:\\[^0-9A-Za-z]|(?!\[:)[^\\\]-])"
_VALID = re.compile(rf"(?:[^\\\[]|\\[^0-9]|\[\^?+(?:{_MEMBER}(?:-{_MEMBER})?)++\])*+", re.DOTALL)
"""A pattern whose classes and escapes are whole, without `\\1`, `[\\a]` and `[[:alpha:]]`, of which Go makes something else."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern that was read. `covers` is false of one that takes back."""

    text: str
    covers: bool
    matches: Matcher


@lru_cache(maxsize=512)
def matcher(patterns: tuple[str, ...]) -> Matcher:
    """Return a predicate over relative paths: whether the patterns cover the path or a folder above it.

    A pattern that has nothing to change for a folder is not looked at there, so that it does not count below either:
    of `a`, `!a/b` and `a`, the last covers no `a/b`.

    Raises
    ------
    InvalidOperation
        If a pattern is invalid.
    """
    rules = _rules(patterns)

    def look(path: str) -> tuple[bool, tuple[bool, ...]]:
        folder = path.rpartition("/")[0]
        covered, found = False, []
        for rule, match in zip(rules, of_folder(folder) if folder else (False,) * len(rules), strict=True):
            matches = match or (rule.covers != covered and rule.matches(path))
            if matches:
                covered = rule.covers
            found.append(matches)
        return covered, tuple(found)

    @lru_cache(maxsize=1024)
    def of_folder(folder: str) -> tuple[bool, ...]:
        return look(folder)[1]

    return lambda path: look(path)[0]


@lru_cache(maxsize=512)
def reach(patterns: tuple[str, ...]) -> Matcher:
    """Return a predicate over relative paths of folders: whether the patterns may cover something in the folder.

    It says yes where it cannot tell, and no for all that lies beside the folders which the patterns name.
    """
    wanted = [list(takewhile(_stays_in_its_folder, rule.text.split("/"))) for rule in _rules(patterns) if rule.covers]

    def reaches(path: str) -> bool:
        parts = path.split("/")
        return any(all(map(_may_be, pattern, parts)) for pattern in wanted)

    return reaches


def _stays_in_its_folder(part: str) -> bool:
    return "**" not in part and not any(sign in part for sign in "[\\^")


def _may_be(pattern: str, name: str) -> bool:
    return pattern == name or "*" in pattern or "?" in pattern


def complement(include: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns that leave out what patterns do not take in."""
    # No relative path begins with `/` or `./`, and such a pattern would be read as another one.
    rules = [rule for rule in _rules(tuple(include)) if not rule.text.startswith(("/", "./"))]
    return ("**", *(f"!{rule.text}" if rule.covers else rule.text for rule in rules))


def has_exceptions(patterns: Sequence[str]) -> bool:
    """Return whether a folder that is covered may still hold paths that are not."""
    return not all(rule.covers for rule in _rules(tuple(patterns)))


def exactly(pattern: str) -> Matcher:
    """Return a predicate over relative paths: whether the pattern matches the path itself."""
    rule = _rule(pattern)
    return lambda path: rule.covers and rule.matches(path)


@lru_cache(maxsize=512)
def _rules(patterns: tuple[str, ...]) -> tuple[_Rule, ...]:
    return tuple(_rule(pattern) for pattern in patterns if pattern.strip())


def _rule(pattern: str) -> _Rule:
    cleaned = posixpath.normpath(pattern.strip()).replace("//", "/")
    text = cleaned.removeprefix("!")
    try:
        if text and _VALID.fullmatch(text):
            return _Rule(text, text == cleaned, _predicate(text))
    except re.error:
        pass
    msg = f"the pattern {pattern!r} is invalid: nothing follows its `!`, or a `[` or `\\` is not whole; `\\[` is a bracket"
    raise InvalidOperation(msg)


def _predicate(pattern: str) -> Matcher:
    """Return whether a path is what a pattern says. At most one `**`, at an end, is compared as text, across folders."""
    begin, end = pattern.removesuffix("**"), pattern.removeprefix("**")
    if not _SIGN.search(pattern):
        return pattern.__eq__
    if not _SIGN.search(end):
        return lambda path: path.endswith(end) or f"/{path}" == end
    if not _SIGN.search(begin):
        return lambda path: path.startswith(begin)
    expression = re.compile(_expression(pattern), re.ASCII)
    return lambda path: expression.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    """Return the regular expression that a pattern stands for, with the groups and classes that it has in Go."""
    expression = "".join(_translated(token) for token in _TOKEN.finditer(pattern))
    # Within a class that is open, as in `[[a]`, Go takes a bracket for itself and Python warns.
    return re.sub(r"(\\.)|\[\[", lambda found: found[1] or r"[\[", expression, flags=re.DOTALL)


def _translated(token: re.Match[str]) -> str:
    match token[0]:
        case _ if token["stars"]:
            return "(.*/)?" if token["last"] is None else ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case "[" | "]" | "^" | "-":
            return token[0]
        case text:
            return text if text.startswith("\\") else re.escape(text)
