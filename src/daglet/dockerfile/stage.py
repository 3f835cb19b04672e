"""A stage while its instructions are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from daglet import instructions as ins
from daglet import operations as ops


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tree or file is found: in a stage or build context, at a path."""

    origin: str
    path: str


@dataclass(slots=True)
class Stage:
    """A stage's instructions so far, and what they are known to have done."""

    title: str
    source: str
    link: bool = True
    lines: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=lambda: {"/"})
    """What the stage's own lines have made for certain."""
    owners: set[str] = field(default_factory=set)
    """The names of owners that the stage's own lines have looked up."""
    guessed: list[ops.Container] = field(default_factory=list)
    """Bases that were changed as whoever they run as."""
    copies: list[tuple[str, str]] = field(default_factory=list)
    """Folders that have yet to become as the ones they are copies of: what mounts the original, and what is to be done."""

    def copy(self, target: str, owner: str = "") -> str:
        """Return the instruction that copies to a path.

        A linked layer lies ready whatever its parent is. But a command waits for the merge of the two, a linked layer gives the
        folders above its target a new owner and mode, and it knows no names of users.
        """
        linked = self.link and target == "/" and not owner.strip("0123456789:")
        return ("COPY --link" if linked else "COPY") + (f" --chown={ins.word(owner)}" if owner else "")

    def knows(self, folder: str) -> None:
        """Note a folder that is there from now on, and so are those above it."""
        self.folders |= {folder.rstrip("/") or "/", *map(str, PurePosixPath(folder).parents)}

    def forgets_folders(self) -> None:
        """Note that any folder may be gone from now on."""
        self.folders = {"/"}

    def add(self, line: str) -> None:
        """Append an instruction."""
        self.lines.append(line)

    def text(self) -> str:
        """Return the stage as it stands in the Dockerfile."""
        # In one line, whatever it is, and no directive such as `# syntax=…`: a title is data, too.
        title = " ".join(self.title.split())
        comment = [f"# stage {title}" if "=" in title else f"# {title}"] if title else []
        return "\n".join([*comment, self.source, *self.lines])
