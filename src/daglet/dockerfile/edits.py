"""Changes to a tree of files as instructions: a COPY where it does exactly what is asked for, else a command of busybox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from daglet import instructions as ins
from daglet import operations as ops
from daglet import patterns, relations
from daglet.dockerfile.places import Places
from daglet.dockerfile.stage import Stage
from daglet.dockerfile.surroundings import Surroundings
from daglet.errors import InvalidOperation, Unsupported


@dataclass(frozen=True, slots=True)
class Edits:
    """Writes changes into a stage.

    Parameters
    ----------
    places:
        Where what is copied stands.
    stage:
        The stage that the instructions go to.
    root:
        The folder of the stage that is the tree's root, "" for its own.
    around:
        What the stage's commands meet. The user that they run as makes no changes.
    """

    places: Places
    stage: Stage
    root: str = ""
    around: Surroundings = Surroundings()  # noqa: RUF009 - it is frozen

    def write(self, edit: ops.Edit) -> None:
        """Write the instructions for a change."""
        match edit:
            case ops.CopyDirectory():
                self._copy_directory(edit)
            case ops.CopyFile():
                self._copy_file(edit)
            case ops.MakeDirectory() if edit.permissions == 0o755:  # noqa: PLR2004 - what COPY gives a folder it makes
                self._folder(self.root + edit.path)
            case _:
                self._shim(edit)
                match edit:
                    case ops.Remove():
                        self.stage.forgets_folders()
                    case ops.MakeDirectory():
                        self.stage.knows(self.root + edit.path)

    def finish(self) -> None:
        """Write what copies of folders still lack."""
        if self.stage.copies:
            self._shim()

    def _shim(self, edit: ops.Edit | None = None) -> None:
        """Make a change by a command, and what copies of folders still lack in the same one."""
        stage = self.stage
        mounts, copies = [mount for mount, _ in stage.copies], [copy for _, copy in stage.copies]
        stage.copies = []
        self._run(mounts, ins.shim_command(edit, self.root, copies))

    def _run(self, mounts: Sequence[str], command: Sequence[str]) -> None:
        """Run a command of busybox as root, and leave the user as it was."""
        stage, user = self.stage, self.around.user
        if self.around.unknown:
            stage.guessed.append(self.around.unknown)
        if user:
            stage.add("USER 0:0")
        stage.add(ins.run([ins.SHIM_MOUNT, *mounts], command))
        if user:
            stage.add(f"USER {ins.word(user)}")

    def _folder(self, path: str) -> None:
        """Make a folder and those above it, unless they are there, with the owner and mode that folders have."""
        if path.rstrip("/") not in self.stage.folders:
            empty = self.places.empty()
            self.stage.add(f"COPY --from={empty.origin} {ins.paths(f'{empty.path}/', path.rstrip('/') + '/')}")
            self.stage.knows(path)

    def _above(self, target: str) -> None:
        """Make the folders above a target: COPY would give those it makes the owner and mode of what it copies."""
        parent = str(PurePosixPath(target).parent)
        if parent != "/":
            self._folder(parent)

    def _owned(self, owner: str) -> None:
        """Make sure that the names in an owner are known: COPY would take root for a user that nobody knows."""
        if owner.strip("0123456789:") and owner not in self.stage.owners:
            self.stage.owners.add(owner)
            self._run((), ins.known(owner))

    def _copy_directory(self, edit: ops.CopyDirectory) -> None:
        if edit.permissions is not None:
            what = "withDirectory(permissions:)"
            raise Unsupported(what)
        source, exclude = edit.source, edit.exclude
        if (edit.include or exclude) and isinstance(source, ops.HostDirectory):
            source, exclude = replace(source, filters=(*source.filters, (edit.include, exclude))), ()
        elif edit.include and any(pattern.startswith("!") for pattern in exclude):
            source = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyDirectory("/", source, edit.include))
        elif edit.include:
            exclude = (*patterns.complement(edit.include), *exclude)
        if relations.has_root_of_its_own(edit) and not self.root and not edit.owner.strip("0123456789:"):
            above, _, name = edit.path.rpartition("/")
            copied = ops.DirectoryEdit(ops.EmptyDirectory(), edit.with_(path=f"/{name}"))
            self._copy_directory(ops.CopyDirectory(above or "/", copied))
            return
        stage, place = self.stage, self.places.directory(source)
        excluded = "".join(f" --exclude={ins.pattern(item)}" for item in (*exclude, *relations.time_marks(source)))
        target = (self.root + edit.path).rstrip("/")
        folder = place.path.rstrip("/")
        if edit.owner and target:
            self._above(target)
        self._owned(edit.owner)
        copy = f"{stage.copy(target or '/', edit.owner)}{excluded}"
        stage.add(f"{copy} --from={place.origin} {ins.paths(folder + '/', target + '/')}")
        if self.root and relations.has_root_of_its_own(edit):
            original = f"{ins.ORIGINALS}/{len(stage.copies) + 1}"
            mount = f"type=bind,from={place.origin},source={ins.mount_value(folder)},target={original}"
            stage.copies.append((mount, f"{'mode' if edit.owner else 'owner'}:{target}"))
        stage.knows(target or "/")

    def _copy_file(self, edit: ops.CopyFile) -> None:
        stage, source = self.stage, edit.source
        target = self.root + edit.path + (source.name if edit.path.endswith("/") else "")
        if target in stage.folders:
            if PurePosixPath(target).name == source.name:
                msg = f"{edit.path} is a folder"
                raise InvalidOperation(msg)
            target = f"{target}/{source.name}"
        if isinstance(source, ops.NewFile):
            source = source if edit.permissions is None else source.with_(permissions=edit.permissions)
            mode = source.permissions if source.permissions != 0o644 else None  # noqa: PLR2004 - COPY's own default
        else:
            mode = edit.permissions
        if edit.owner or mode is not None:
            self._above(target)
        self._owned(edit.owner)
        copy = stage.copy(target, edit.owner) + (f" --chmod={mode:04o}" if mode is not None else "")
        if isinstance(source, ops.NewFile) and ins.fits_heredoc(source.contents) and ins.is_plain(target):
            stage.add(ins.heredoc(copy, source.contents, target))
        else:
            place = self.places.file(source)
            marks = "".join(f" --exclude={mark}" for mark in relations.time_marks(source))
            stage.add(f"{copy}{marks} --from={place.origin} {ins.paths(place.path, target)}")
        stage.knows(str(PurePosixPath(target).parent))
