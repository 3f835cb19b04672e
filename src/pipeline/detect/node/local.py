"""Dependencies that lie in the repository without being members of a workspace: `file:`, `link:` and `portal:`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.detect.found import joined, shown
from pipeline.detect.model import Manager
from pipeline.detect.node.manifest import AT_RUN_TIME, Manifest, read
from pipeline.detect.node.output import entries
from pipeline.errors import UsageError

_LOCAL = re.compile(r"(file:|link:|portal:)?(\.{1,2}/.+|(?<=:)[^/].*)\Z")
_TABLES = (*AT_RUN_TIME, "devDependencies")


@dataclass(frozen=True, slots=True)
class Local:
    """What an install, a build and an image need of such dependencies, by paths relative to the context.

    Parameters
    ----------
    read:
        Archives, and folders that the install copies.
    linked:
        The manifests of the folders that it makes links to.
    shipped:
        Those of these folders that are needed at run time.
    """

    read: tuple[str, ...] = ()
    linked: Mapping[str, Manifest] = field(default_factory=dict)
    shipped: tuple[str, ...] = ()


def find(root: Path, context: str, members: Mapping[str, Manifest], manager: Manager, service: str) -> Local:
    """Return those dependencies of the members of an install, with the ones that they have in turn.

    Parameters
    ----------
    context:
        The folder of the context, relative to the repository.

    Raises
    ------
    UsageError
        If one lies outside of the context.
    """
    copied: dict[str, None] = {}
    linked: dict[str, Manifest] = {}
    shipped: dict[str, None] = {}
    seen: set[tuple[str, bool]] = set()
    left = [(folder, manifest, True) for folder, manifest in members.items()]
    while left:
        folder, manifest, runs = left.pop(0)
        for table, name, scheme, path in _named(manifest):
            place = posixpath.normpath(posixpath.join(folder, path))
            needed = runs and table in AT_RUN_TIME
            if place in members or (place, needed) in seen:
                continue
            seen.add((place, needed))
            if place.startswith(".."):
                raise _outside(manifest, table, name, context)
            there = root / context / place
            if _is_linked(there, scheme, manager):
                linked[place] = read(there / "package.json", joined(context, f"{place}/package.json"), service)
                shipped |= dict.fromkeys([place] if needed else [])
                left.append((place, linked[place], needed))
            elif there.exists():
                copied[place] = None
    return Local(tuple(copied), linked, tuple(shipped))


def check_built(folder: Path, beside: Local, made: Sequence[str], *, alone: bool) -> None:
    """Check that what ships of them is there, or made by the service's build: theirs is not run.

    Parameters
    ----------
    folder:
        The folder of the context.
    made:
        The folders that the build makes, relative to it.
    alone:
        Whether the service's folder is the context: what a build makes beside it cannot be named.

    Raises
    ------
    UsageError
        If it is neither.
    """
    for place in beside.shipped:
        manifest = beside.linked[place]
        # An entry of many files is written with a star.
        named = (item for item in entries(manifest) if "/" in item and "*" not in item)
        programs = [joined(place, item) for item in named if item.endswith((".js", ".mjs", ".cjs"))]
        there = ((folder / item).is_file() or any(Path(item).is_relative_to(output) for output in made) for item in programs)
        if programs and not any(there):
            output = posixpath.dirname(programs[0])
            msg = f"{programs[0]}, by which {manifest.name or place} is entered, is not there, and the service's build does not make it"
            hint = "make it a member of a workspace, of which each is built"
            if alone:
                before, outputs = f"(cd {place} && npm run build)", shown((*made, output))
                hint += f', or name what builds it: `build = {{ before = ["{before}"] }}`, `node = {{ output = {outputs} }}`'
            raise UsageError(msg, file=manifest.file, line=manifest.line("main"), key="node.output", hint=hint)


def _named(manifest: Manifest) -> Iterator[tuple[str, str, str, str]]:
    """Yield the tables and names of such dependencies, how they are meant and their paths."""
    for table in _TABLES:
        for name, wanted in manifest.table(table).items():
            if found := _LOCAL.match(str(wanted)):
                yield table, name, found[1] or "file:", found[2]


def _is_linked(folder: Path, scheme: str, manager: Manager) -> bool:
    """Whether an install makes a link to a folder; else it copies what is there."""
    return (folder / "package.json").is_file() and (manager.name == "npm" or scheme != "file:")


def _outside(manifest: Manifest, table: str, name: str, context: str) -> UsageError:
    msg = f"{name} is {manifest.table(table)[name]!r}, which lies outside of {context}, the folder that the build sees"
    hint = "make both members of a workspace: list them by `workspaces` in a package.json above them, and lock there"
    return UsageError(msg, file=manifest.file, line=manifest.line(table, name), hint=hint)
