"""Include and exclude patterns as the Dagger API has them: those of a .dockerignore file.

A pattern is relative to the tree's root; `*` stays within a name, `**` crosses folders, and a pattern that matches a
folder covers all below it. `!` before a pattern takes back what earlier ones matched.
Source: the documented behaviour of `.dockerignore` and of BuildKit's include patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import takewhile

from wcmatch import glob

_FLAGS = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX

Matcher = Callable[[str], bool]


@lru_cache(maxsize=512)
def matcher(patterns: tuple[str, ...]) -> Matcher:
    """Return a predicate over relative paths: whether the patterns cover the path or a folder above it."""
    rules = [(not pattern.startswith("!"), _expression(pattern)) for pattern in patterns if pattern.strip("!/ ")]

    def covers(path: str) -> bool:
        parents = _with_parents(path)
        covered = False
        for positive, expression in rules:
            if covered != positive and any(expression.match(item) for item in parents):
                covered = positive
        return covered

    return covers


@lru_cache(maxsize=512)
def reach(patterns: tuple[str, ...]) -> Matcher:
    """Return a predicate over relative paths of folders: whether the patterns may cover something in the folder.

    It says yes where it cannot tell, and no for all that lies beside the folders which the patterns name.
    """
    plain = [_plain(pattern).split("/") for pattern in patterns if not pattern.startswith("!")]
    wanted = [list(takewhile(lambda part: part != "**", pattern)) for pattern in plain]

    def reaches(path: str) -> bool:
        parts = path.split("/")
        return any(all(map(_may_be, pattern, parts)) for pattern in wanted)

    return reaches


def _may_be(pattern: str, name: str) -> bool:
    return pattern == name or any(sign in pattern for sign in "*?[\\") or pattern in {".", ".."}


def complement(include: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns that leave out what patterns do not take in."""
    return ("**", *(pattern[1:] if pattern.startswith("!") else f"!{pattern}" for pattern in include))


def has_exceptions(patterns: Sequence[str]) -> bool:
    """Return whether a folder that is covered may still hold paths that are not."""
    return any(pattern.startswith("!") for pattern in patterns)


def _expression(pattern: str) -> re.Pattern[str]:
    expressions, _ = glob.translate(_plain(pattern.removeprefix("!")), flags=_FLAGS)
    return re.compile(expressions[0])


def _plain(pattern: str) -> str:
    return pattern.strip().removeprefix("./").strip("/") or "."


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def exactly(pattern: str) -> Matcher:
    """Return a predicate over relative paths: whether the pattern matches the path itself."""
    expression = _expression(pattern)
    return lambda path: bool(expression.match(path))
