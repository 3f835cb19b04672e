"""A graph of operations as a Dockerfile: pure, so that the same graph always gives the same text.

Every container that something else refers to becomes a stage, and so does every directory that is more than a place in
another tree. What lies between is the stage's instructions, in the order in which they were asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from daglet import instructions as ins
from daglet import operations as ops
from daglet import patterns, relations
from daglet.errors import InvalidOperation, Unsupported

SHIM = "shim"
"""The build context that holds a static busybox, for steps whose image lacks a tool."""

ROOT = "/rootfs"
"""Where a directory's content stands in its stage when commands make it: a RUN leaves `/dev`, `/proc` and `/sys` behind."""


EMPTY = "/empty"
"""Where the stage that has nothing to copy has it."""

CONTENTS = "contents"
"""The name of the one file in the build context of a new file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A Dockerfile and what it takes to build it.

    Parameters
    ----------
    dockerfile:
        The text.
    target:
        The stage that is the requested value.
    platform:
        The platform of the target, "" for the engine's own.
    contexts:
        The host folders that the text names, by build context, and files whose content no heredoc gives back.
    archives:
        The image archives that the text names, by build context.
    secrets:
        What each secret's id stands for: a secret, or the plain value of a volatile variable.
    steps:
        The caller's commands, by the words that BuildKit runs and names in its errors.
    """

    dockerfile: str
    target: str
    platform: str
    contexts: Mapping[str, ops.HostDirectory | ops.NewFile]
    archives: Mapping[str, ops.FromArchive]
    secrets: Mapping[str, ops.Secret | str]
    steps: Mapping[str, ops.Exec]


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about the text.

    Parameters
    ----------
    stage_variable:
        The volatile variable whose value names a stage, so that a reader finds his own names again.
    step_mounts:
        Mounts that every command gets beside its own: how settings of the host reach it.
    """

    stage_variable: str = ""
    step_mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tree or file is found: in a stage or build context, at a path."""

    origin: str
    path: str


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a command in a container meets, apart from the file system."""

    mounts: tuple[ops.Mount, ...] = ()
    volatile: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, ops.Secret], ...] = ()
    user: str = ""
    workdir: str = "/"
    has_command: bool = False
    title: str = ""


@dataclass(slots=True)
class _Stage:
    name: str
    title: str
    source: str
    link: bool = True
    lines: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=lambda: {"/"})
    """What the stage's own lines have made for certain."""
    owners: set[str] = field(default_factory=set)
    """The names of owners that the stage's own lines have looked up."""
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

    def add(self, line: str) -> None:
        self.lines.append(line)

    def text(self) -> str:
        comment = [f"# {self.title}"] if self.title else []
        return "\n".join([*comment, self.source, *self.lines])


def render(target: ops.Container | ops.Directory | ops.File, options: Options | None = None) -> Plan:
    """Return the Dockerfile whose target holds the requested value.

    A container is a stage of its own; a directory's content, or a single file, stands at the target's root.

    Raises
    ------
    Unsupported
        If the graph holds an operation that a Dockerfile cannot express.
    InvalidOperation
        If an argument cannot be written down.
    """
    return _Renderer(target, options or Options()).plan()


class _Renderer:
    def __init__(self, target: ops.Container | ops.Directory | ops.File, options: Options) -> None:
        self._target = target
        self._options = options
        self._stages: list[_Stage] = []
        self._stage_of: dict[str, str] = {}
        self._names: set[str] = {"scratch", SHIM}
        self._contexts: dict[str, ops.HostDirectory | ops.NewFile] = {}
        self._archives: dict[str, ops.FromArchive] = {}
        self._secrets: dict[str, ops.Secret | str] = {}
        self._steps: dict[str, ops.Exec] = {}
        self._surroundings: dict[str, _Surroundings] = {}
        self._ends = relations.stage_ends(target)

    def plan(self) -> Plan:
        target = self._target
        if isinstance(target, ops.Container):
            name, platform = self._container(target), target.platform
        else:
            name, platform = self._export(target), ""
        return Plan(
            dockerfile="\n\n".join(stage.text() for stage in self._stages) + "\n",
            target=name,
            platform=platform,
            contexts=self._contexts,
            archives=self._archives,
            secrets=self._secrets,
            steps=self._steps,
        )

    # --- names

    def _name(self, wanted: str) -> str:
        base = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower()).strip("-._") or "stage"
        base = base if base[0].isalpha() else f"s-{base}"
        name, number = base, 1
        while name in self._names:
            number += 1
            name = f"{base}-{number}"
        self._names.add(name)
        return name

    # --- containers

    def _container(self, node: ops.Container) -> str:
        """Return the name of the stage that ends with a container."""
        if name := self._stage_of.get(node.digest):
            return name
        chain: list[ops.ContainerStep] = []
        cursor = node
        while isinstance(cursor, ops.ContainerStep) and (cursor is node or cursor.digest not in self._ends):
            chain.append(cursor)
            cursor = cursor.parent
        source = self._container(cursor) if isinstance(cursor, ops.ContainerStep) else self._base(cursor)
        around = self._around(cursor)
        end = self._around(node)
        name = self._name(end.title or _role(node))
        stage = _Stage(name, end.title, self._from(cursor, source, name), link=not relations.runs(node))
        for step in reversed(chain):
            self._step(stage, around, step.step)
            around = self._around(step)
        self._stages.append(stage)
        self._stage_of[node.digest] = name
        return name

    def _base(self, node: ops.Container) -> str:
        match node:
            case ops.Scratch():
                return "scratch"
            case ops.FromAddress():
                return node.address
            case ops.FromArchive():
                for name, archive in self._archives.items():
                    if archive == node:
                        return name
                name = self._name(node.archive.name.removesuffix(".tar"))
                self._archives[name] = node
                return name
        msg = f"unknown base {node!r}"
        raise TypeError(msg)

    def _from(self, base: ops.Container, source: str, name: str) -> str:
        root = self._target.platform if isinstance(self._target, ops.Container) else ""
        own = base.platform
        platform = f"--platform={own} " if own and own != root and not isinstance(base, ops.ContainerStep) else ""
        return f"FROM {platform}{source} AS {name}"

    def _around(self, node: ops.Container) -> _Surroundings:
        """Return what a command that follows a container meets. Walks down first: a chain may be long."""
        pending: list[ops.ContainerStep] = []
        cursor = node
        while cursor.digest not in self._surroundings and isinstance(cursor, ops.ContainerStep):
            pending.append(cursor)
            cursor = cursor.parent
        around = self._surroundings.setdefault(cursor.digest, _Surroundings())
        for step in reversed(pending):
            around = self._after(around, step.step)
            self._surroundings[step.digest] = around
        return around

    def _after(self, around: _Surroundings, step: ops.Node) -> _Surroundings:
        match step:
            case ops.Mount():
                kept = tuple(mount for mount in around.mounts if mount.path != step.path)
                return replace(around, mounts=(*kept, step) if step.kind else kept)
            case ops.Setting(kind="VOLATILE", name=name, value=value):
                if name == self._options.stage_variable:
                    return replace(around, title=value if isinstance(value, str) else "")
                kept_values = tuple(pair for pair in around.volatile if pair[0] != name)
                return replace(around, volatile=(*kept_values, (name, value)) if isinstance(value, str) else kept_values)
            case ops.Setting(kind="SECRET", name=name, secret=secret):
                kept_secrets = tuple(pair for pair in around.secrets if pair[0] != name)
                return replace(around, secrets=(*kept_secrets, (name, secret)) if secret else kept_secrets)
            case ops.Setting(kind="USER", value=value):
                return replace(around, user=value if isinstance(value, str) else "")
            case ops.Setting(kind="WORKDIR", value=value):
                return replace(around, workdir=value if isinstance(value, str) else "/")
            case ops.Setting(kind="CMD", value=value):
                return replace(around, has_command=bool(value))
            case _:
                return around

    def _step(self, stage: _Stage, around: _Surroundings, step: ops.Node) -> None:
        match step:
            case ops.Exec():
                self._exec(stage, around, step)
            case ops.Setting():
                for line in ins.setting(step, has_command=around.has_command):
                    stage.add(line)
            case ops.Edit():
                self._edit(stage, step, "", around.user)
            case ops.Mount():
                pass

    def _exec(self, stage: _Stage, around: _Surroundings, step: ops.Exec) -> None:
        flags = [flag for mount in around.mounts for flag in self._mount(mount)]
        flags += [f"type=secret,id={self._secret(name, value)},env={name}" for name, value in around.volatile]
        flags += [f"type=secret,id={self._secret(s.name, s)},env={name}" for name, s in around.secrets]
        flags += self._options.step_mounts
        args = step.args
        script = ins.capture_script(step)
        if script and ins.captures(step):
            # Whoever runs the command must be able to write there.
            empty = self._empty()
            stage.add(f"COPY --chmod=0777 --from={empty.origin} {empty.path}/ {ops.CAPTURE_DIR}/")
        if script:
            flags.append(ins.SHIM_MOUNT)
            args = (ins.BUSYBOX, "sh", "-c", script, "--", *args)
        stage.add(ins.run(flags, args))
        self._steps[" ".join(args)] = step
        if ins.captures(step) and not step.capture:
            self._edit(stage, ops.Remove((ops.CAPTURE_DIR,)), "", around.user)

    def _mount(self, mount: ops.Mount) -> Iterator[str]:
        target = ins.mount_value(mount.path)
        match mount.source:
            case ops.CacheVolume(key=key, owner=volume_owner):
                owner = ins.owner_flags(mount.owner or volume_owner)
                identity = ins.cache_id(key)
                yield f"type=cache,id={identity},target={target},sharing={mount.sharing.lower()}{owner}"
                # BuildKit leaves the volume's id out of the command's cache key. This secret never exists, but its id is in it.
                yield f"type=secret,id=cache-{identity}"
            case ops.Directory() as directory:
                place = self._directory(directory)
                mode = "" if mount.read_only else ",rw"
                yield f"type=bind,from={place.origin},source={ins.mount_value(place.path)},target={target}{mode}"
                yield from _time_mounts(directory)
            case ops.File() as file:
                place = self._file(file)
                yield f"type=bind,from={place.origin},source={ins.mount_value(place.path)},target={target}"
                yield from _time_mounts(file)
            case ops.Secret() as secret:
                mode = f",mode={mount.mode:04o}" if mount.mode is not None else ""
                owner = ins.owner_flags(mount.owner)
                yield f"type=secret,id={self._secret(secret.name, secret)},target={target}{mode}{owner}"
            case None:
                size = f",size={mount.size}" if mount.size else ""
                yield f"type=tmpfs,target={target}{size}"

    def _secret(self, name: str, value: ops.Secret | str) -> str:
        """Return a secret's id. The id is part of the step's cache key, so it says what the value is for, never what it is."""
        base = re.sub(r"[^A-Za-z0-9_.-]+", "-", name) or "secret"
        identity, number = base, 1
        while self._secrets.get(identity, value) != value:
            number += 1
            identity = f"{base}-{number}"
        self._secrets[identity] = value
        return identity

    # --- directories and files

    def _directory(self, node: ops.Directory) -> _Place:
        match node:
            case ops.EmptyDirectory():
                return self._empty()
            case ops.HostDirectory():
                return _Place(self._context(node), "/")
            case ops.ContainerDirectory():
                return _Place(self._container(node.container), node.path)
            case ops.SubDirectory():
                place = self._directory(node.parent)
                return _Place(place.origin, ops.absolute(node.path.lstrip("/") or ".", place.path))
            case ops.DirectoryEdit():
                return self._edited(node)
        msg = f"unknown directory {node!r}"
        raise TypeError(msg)

    def _edited(self, node: ops.DirectoryEdit) -> _Place:
        edits: list[ops.Edit] = []
        cursor: ops.Directory = node
        while isinstance(cursor, ops.DirectoryEdit):
            edits.append(cursor.edit)
            cursor = cursor.parent
        plain = all(
            isinstance(edit, ops.CopyDirectory | ops.CopyFile) and not relations.has_root_of_its_own(edit) for edit in edits
        )
        root = "" if plain else ROOT
        if name := self._stage_of.get(node.digest):
            return _Place(name, root or "/")
        stage = _Stage("", "", "", link=not root)
        if root:
            stage.add(f"WORKDIR {root}")
            stage.knows(root)
        if not isinstance(cursor, ops.EmptyDirectory):
            self._edit(stage, ops.CopyDirectory("/", cursor), root, "")
        for edit in reversed(edits):
            self._edit(stage, edit, root, "")
        if stage.copies:
            self._shim(stage, "")
        name = self._name("files")
        stage.name, stage.source = name, f"FROM scratch AS {name}"
        self._stages.append(stage)
        self._stage_of[node.digest] = name
        return _Place(name, root or "/")

    def _file(self, node: ops.File) -> _Place:
        match node:
            case ops.FileIn():
                place = self._directory(node.directory)
                return _Place(place.origin, ops.absolute(node.path.lstrip("/"), place.path))
            case ops.HostFile():
                folder, _, name = node.path.rpartition("/")
                return _Place(self._context(ops.HostDirectory(folder or "/", (((name,), ()),))), f"/{name}")
            case ops.NewFile():
                return _Place(self._context(node), f"/{CONTENTS}")
        what = f"a {type(node).__name__} as a source of files"
        raise Unsupported(what)

    def _export(self, node: ops.Directory | ops.File) -> str:
        """Return the stage that holds nothing but the value, for an export to the host."""
        place = self._directory(node) if isinstance(node, ops.Directory) else self._file(node)
        name = self._name("export")
        stage = _Stage(name, "", f"FROM scratch AS {name}")
        marks = "".join(f" --exclude={mark}" for mark in relations.time_marks(node))
        if isinstance(node, ops.Directory):
            stage.add(f"COPY --link{marks} --from={place.origin} {ins.paths(place.path.rstrip('/') + '/', '/')}")
        else:
            stage.add(f"COPY --link{marks} --from={place.origin} {ins.paths(place.path, f'/{node.name}')}")
        self._stages.append(stage)
        return name

    def _empty(self) -> _Place:
        """Return a folder with nothing in it.

        It is one that was made. BuildKit takes a copy from a stage without any for every other copy to the same path.
        """
        if not (name := self._stage_of.get("empty")):
            name = self._stage_of["empty"] = self._name("empty")
            self._stages.append(_Stage(name, "", f"FROM scratch AS {name}", lines=[f"WORKDIR {EMPTY}"]))
        return _Place(name, EMPTY)

    def _context(self, node: ops.HostDirectory | ops.NewFile) -> str:
        for name, known in self._contexts.items():
            if known == node:
                return name
        name = self._name(node.name if isinstance(node, ops.NewFile) else node.path.rstrip("/").rpartition("/")[2] or "context")
        self._contexts[name] = node
        return name

    # --- changes to a tree

    def _edit(self, stage: _Stage, edit: ops.Edit, root: str, user: str) -> None:
        match edit:
            case ops.CopyDirectory():
                self._copy_directory(stage, edit, root)
            case ops.CopyFile():
                self._copy_file(stage, edit, root)
            case ops.MakeDirectory() if edit.permissions == 0o755:  # noqa: PLR2004 - what COPY gives a folder it makes
                self._folder(stage, root + edit.path)
            case _:
                self._shim(stage, "" if root else user, edit, root)
                match edit:
                    case ops.Remove():
                        stage.folders = {"/"}
                    case ops.MakeDirectory():
                        stage.knows(root + edit.path)

    def _shim(self, stage: _Stage, user: str, edit: ops.Edit | None = None, root: str = "") -> None:
        """Make a change by a command, and what copies of folders still lack in the same one."""
        mounts, copies = [mount for mount, _ in stage.copies], [copy for _, copy in stage.copies]
        stage.copies = []
        if user:
            stage.add("USER 0:0")
        stage.add(ins.run([ins.SHIM_MOUNT, *mounts], ins.shim_command(edit, root, copies)))
        if user:
            stage.add(f"USER {ins.word(user)}")

    def _folder(self, stage: _Stage, path: str) -> None:
        """Make a folder and those above it, unless they are there, with the owner and mode that folders have."""
        if path.rstrip("/") not in stage.folders:
            empty = self._empty()
            stage.add(f"COPY --from={empty.origin} {ins.paths(f'{empty.path}/', path.rstrip('/') + '/')}")
            stage.knows(path)

    def _above(self, stage: _Stage, target: str) -> None:
        """Make the folders above a target: COPY would give those it makes the owner and mode of what it copies."""
        parent = str(PurePosixPath(target).parent)
        if parent != "/":
            self._folder(stage, parent)

    def _owned(self, stage: _Stage, owner: str) -> None:
        """Make sure that the names in an owner are known: COPY would take root for a user that nobody knows."""
        if owner.strip("0123456789:") and owner not in stage.owners:
            stage.owners.add(owner)
            stage.add(ins.run([ins.SHIM_MOUNT], ins.known(owner)))

    def _copy_directory(self, stage: _Stage, edit: ops.CopyDirectory, root: str) -> None:
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
        if relations.has_root_of_its_own(edit) and not root and not edit.owner.strip("0123456789:"):
            above, _, name = edit.path.rpartition("/")
            copied = ops.DirectoryEdit(ops.EmptyDirectory(), edit.with_(path=f"/{name}"))
            self._copy_directory(stage, ops.CopyDirectory(above or "/", copied), root)
            return
        place = self._directory(source)
        excluded = "".join(f" --exclude={ins.pattern(item)}" for item in (*exclude, *relations.time_marks(source)))
        target = (root + edit.path).rstrip("/")
        folder = place.path.rstrip("/")
        if edit.owner and target:
            self._above(stage, target)
        self._owned(stage, edit.owner)
        copy = f"{stage.copy(target or '/', edit.owner)}{excluded}"
        stage.add(f"{copy} --from={place.origin} {ins.paths(folder + '/', target + '/')}")
        if root and relations.has_root_of_its_own(edit):
            original = f"{ins.ORIGINALS}/{len(stage.copies) + 1}"
            mount = f"type=bind,from={place.origin},source={ins.mount_value(folder)},target={original}"
            stage.copies.append((mount, f"{'mode' if edit.owner else 'owner'}:{target}"))
        stage.knows(target or "/")

    def _copy_file(self, stage: _Stage, edit: ops.CopyFile, root: str) -> None:
        source, target = edit.source, root + edit.path + (edit.source.name if edit.path.endswith("/") else "")
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
            self._above(stage, target)
        self._owned(stage, edit.owner)
        copy = stage.copy(target, edit.owner) + (f" --chmod={mode:04o}" if mode is not None else "")
        if isinstance(source, ops.NewFile) and ins.fits_heredoc(source.contents) and ins.is_plain(target):
            stage.add(ins.heredoc(copy, source.contents, target))
        else:
            place = self._file(source)
            marks = "".join(f" --exclude={mark}" for mark in relations.time_marks(source))
            stage.add(f"{copy}{marks} --from={place.origin} {ins.paths(place.path, target)}")
        stage.knows(str(PurePosixPath(target).parent))


def _time_mounts(node: ops.Node) -> list[str]:
    """Return mounts of secrets that never exist, which do for what is mounted what `relations.time_marks` do for what is copied."""
    return [f"type=secret,id=time{mark.removeprefix('.time')}" for mark in relations.time_marks(node)]


def _role(node: ops.Container) -> str:
    digest = hashlib.sha256(node.digest.encode()).hexdigest()[:8]
    return f"stage-{digest}"


def dump(plan: Plan) -> str:
    """Return a plan as text for people: the Dockerfile, headed by the build contexts that it takes."""
    places = {name: source.path if isinstance(source, ops.HostDirectory) else "given" for name, source in plan.contexts.items()}
    lines = [f"# build context {name}: {place}" for name, place in sorted(places.items())]
    lines += [f"# image archive {name}: {source.archive.name}" for name, source in sorted(plan.archives.items())]
    return "\n".join([*lines, "", plan.dockerfile]) if lines else plan.dockerfile
