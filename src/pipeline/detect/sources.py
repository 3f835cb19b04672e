"""Which files of a build's context are the sources of a service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pipeline.config.model import NEVER_SHIPPED_ANYWHERE
from pipeline.detect.found import Found, joined
from pipeline.detect.model import Place, SourceFilter
from pipeline.errors import UsageError
from pipeline.files import plain

IGNORE_FILE = ".dockerignore"
PRODUCTION_VARIABLES = ".env.production"
"""What Vite and other builders of front ends take variables from, where they build for production."""

NOT_SOURCES = (
    "**/node_modules",
    "**/.venv",
    "**/.idea",
    "**/.vscode",
    "**/.DS_Store",
    "**/.github",
    "**/README.md",
    "**/CHANGELOG.md",
    "**/Dockerfile*",
    "**/*.Dockerfile",
    f"**/{IGNORE_FILE}",
    "**/.gitignore",
    "*.md",
    "coverage",
    "dist",
    "pipeline.lock",
    "pipeline.toml",
)
"""What no build reads, whatever the kind of service. `!PATTERN` in its `exclude` takes it in again."""

NODE_TESTS = ("test", "tests", "**/__tests__", "**/*.test.*", "**/*.spec.*")
NODE_INSTALLS = (
    *("**/.npmrc", "**/.yarnrc", "**/.yarnrc.yml", "**/.pnpmfile.cjs", "**/pnpm-workspace.yaml"),
    *("**/npm-shrinkwrap.json", "**/package-lock.json", "**/pnpm-lock.yaml", "**/yarn.lock"),
    *(".yarn", "**/.nvmrc", "**/.node-version", "**/.tool-versions"),
)
"""What package managers alone read, credentials among it: no image takes it."""

GO_TESTS = ("**/*_test.go", "**/testdata")


def chosen(include: Sequence[str], exclude: Iterable[str], own: Iterable[str]) -> SourceFilter:
    """Return the filter of a service's sources.

    Parameters
    ----------
    exclude:
        What was found not to be one. Of patterns that fit a file the last one decides.
    own:
        What the service's configuration leaves out. It alone can take in again what belongs in no image.
    """
    patterns = (*exclude, *NEVER_SHIPPED_ANYWHERE, *own)
    return SourceFilter(tuple(include), tuple(reversed(dict.fromkeys(reversed(patterns)))))


def within(patterns: Sequence[str], folders: Sequence[str]) -> tuple[str, ...]:
    """Return patterns as they hold in each of some folders; those for any folder once."""
    anywhere = [pattern for pattern in patterns if pattern.startswith("**/")]
    anchored = [pattern for pattern in patterns if not pattern.startswith("**/")]
    return (*anywhere, *(joined(folder, pattern) for folder in folders for pattern in anchored))


def ignored(root: Path, place: Place) -> Found[tuple[str, ...]]:
    """Return what a `.dockerignore` leaves out, relative to the context: the service's own, else that of the context.

    One that leaves out the whole service is for another's build.

    Raises
    ------
    UsageError
        If it cannot be read.
    """
    own = root / place.path / IGNORE_FILE
    if own.is_file():
        return _found(tuple(_placed(item, place.folder) for item in read(own, root)), own, root)
    above = root / place.context / IGNORE_FILE
    if above.is_file() and not _covers(patterns := read(above, root), place.folder):
        return _found(patterns, above, root)
    return Found("exclude", (), why=f"no {IGNORE_FILE}")


def read(path: Path, root: Path) -> tuple[str, ...]:
    """Return the patterns of a `.dockerignore`, as Docker reads it.

    Raises
    ------
    UsageError
        If it cannot be read.
    """
    try:
        lines = plain(path).read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=path.relative_to(root).as_posix()) from None
    return tuple(_cleaned(line.strip()) for line in lines if line.strip() and not line.startswith("#"))


def may_leave_out(chosen: SourceFilter, path: str) -> bool:
    """Whether a filter leaves out a file or folder. It is not always known; then it may."""
    return _covers([item for item in chosen.exclude if not item.startswith("!")], path)


def variables_left_out(root: Path, place: Place, own: Sequence[str]) -> tuple[Found[tuple[str, ...]], ...]:
    """Return what tells of the variables that a front end's build would read, and that are left out like any `.env`.

    Parameters
    ----------
    own:
        What the service's configuration leaves out, and takes in.
    """
    path = root / place.path / PRODUCTION_VARIABLES
    if not path.is_file() or any(pattern.startswith("!") and PRODUCTION_VARIABLES in pattern for pattern in own):
        return ()
    why = f"no build reads it: `!{place.within(PRODUCTION_VARIABLES)}` takes it in, or set its variables by `build.env`"
    return (Found("exclude", tuple(own), path.relative_to(root).as_posix(), 1, why),)


def _found(patterns: tuple[str, ...], file: Path, root: Path) -> Found[tuple[str, ...]]:
    return Found("exclude", patterns, file.relative_to(root).as_posix(), 1, "what it leaves out of sources")


def _cleaned(line: str) -> str:
    sign, pattern = _parted(line)
    return sign + str(PurePosixPath(pattern.strip())).lstrip("/")


def _parted(pattern: str) -> tuple[str, str]:
    """Return the sign of a pattern that takes files in again, and what it is of."""
    return ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)


def _placed(pattern: str, folder: str) -> str:
    sign, name = _parted(pattern)
    return sign + joined(folder, name)


def _covers(patterns: Sequence[str], folder: str) -> bool:
    """Whether patterns leave out a file or folder, or one that it is in. Their `*` stands for more here than it does for Docker."""
    upward = [f"/{item}" for item in (PurePosixPath(folder), *PurePosixPath(folder).parents) if item.name]
    covered = False
    for pattern in patterns:
        sign, name = _parted(pattern)
        if any(fnmatchcase(item, f"/{name}") or fnmatchcase(item, name) for item in upward):
            covered = not sign
    return covered
