"""What Go programs have compiled in: the patterns of their `//go:embed` lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from pipeline.detect.found import Found
from pipeline.detect.programs import Program

_EMBEDS = re.compile(rb"^[ \t]*//go:embed[ \t]+(.+)$", re.MULTILINE)
_PATTERN = re.compile(r"\"[^\"]+\"|`[^`]+`|\S+")


def patterns(file: Program) -> Iterator[tuple[str, int]]:
    """Yield the patterns that a program names, relative to its own folder, each with its line."""
    for found in _EMBEDS.finditer(file.content):
        number = file.content.count(b"\n", 0, found.start()) + 1
        for pattern in _PATTERN.findall(found[1].decode("utf-8", errors="replace")):
            yield pattern.strip('"`').removeprefix("all:"), number


def unmade(files: Sequence[Program]) -> Found[tuple[str, ...]] | None:
    """Return the place that has something compiled in which is not there: what makes it has to run before the build."""
    for file in files:
        for pattern, number in patterns(file):
            if not _leads_out(pattern) and not _is_there(file, pattern):
                why = f"{pattern} is compiled in and not there: name what makes it, or have it made beforehand"
                return Found("build.before", (), file.name, number, why)
    return None


def placed(files: Iterable[Program], context: str) -> Iterator[str]:
    """Yield the patterns of what is compiled in, relative to a folder that has all programs, itself relative to the repository."""
    for file in files:
        for pattern, _ in patterns(file):
            if not _leads_out(pattern):
                yield (PurePosixPath(file.name).relative_to(context).parent / pattern).as_posix()


def _leads_out(pattern: str) -> bool:
    """Whether a pattern is one that Go refuses. Here it would be looked for all over the disk."""
    return ".." in pattern or pattern.startswith("/")


def _is_there(file: Program, pattern: str) -> bool:
    from wcmatch import glob  # noqa: PLC0415 - few services need it, and its import takes a hundredth of a build

    return bool(glob.glob(pattern, root_dir=file.path.parent))
