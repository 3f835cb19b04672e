"""Which stages a graph has, and what stands in each.

Every container that something else refers to becomes a stage, and so does every directory that is more than a place in
another tree. What lies between is the stage's instructions, in the order in which they were asked for.
"""

from __future__ import annotations

import hashlib

from daglet import instructions as ins
from daglet import operations as ops
from daglet import relations
from daglet.dockerfile.commands import Commands
from daglet.dockerfile.edits import Edits
from daglet.dockerfile.names import CONTENTS, Names
from daglet.dockerfile.plan import Options, Plan
from daglet.dockerfile.stage import Place, Stage
from daglet.dockerfile.surroundings import Around, Surroundings
from daglet.errors import Unsupported

_ROOT = "/rootfs"
"""Where a directory's content stands in its stage when commands make it: a RUN leaves `/dev`, `/proc` and `/sys` behind."""

_EMPTY = "/empty"
"""Where the stage that has nothing to copy has it."""


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
        self._names = Names()
        self._around = Around(options.stage_variable, options.users)
        self._commands = Commands(self._names, self, options.step_mounts, ships=options.ships)
        self._stages: list[Stage] = []
        self._stage_of: dict[str, str] = {}
        self._ends = relations.stage_ends(target)
        self._finished = options.finished
        self._addresses: list[str] = []

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
            contexts=self._names.contexts,
            archives=self._names.archives,
            secrets=self._names.secrets,
            steps=self._commands.written,
            addresses=tuple(self._addresses),
            guessed=tuple({base.digest: base for stage in self._stages for base in stage.guessed}.values()),
            group=next((stage.title for stage in reversed(self._stages) if stage.title), "").partition("/")[0],
        )

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
        name = self._names.new(end.title or _role(node))
        stage = Stage(end.title, self._from(cursor, source, name), link=not relations.runs(node))
        left = relations.trailing_workdirs(node) if self._finished and node is self._target else frozenset()
        for step in reversed(chain):
            if step.digest not in left:
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
                self._addresses.append(node.address)
                return ins.address(node.address)
            case ops.FromArchive():
                return self._names.archive(node)
        msg = f"unknown base {node!r}"
        raise TypeError(msg)

    def _from(self, base: ops.Container, source: str, name: str) -> str:
        root = self._target.platform if isinstance(self._target, ops.Container) else ""
        own = base.platform
        platform = f"--platform={ins.word(own)} " if own and own != root and not isinstance(base, ops.ContainerStep) else ""
        return f"FROM {platform}{source} AS {name}"

    def _step(self, stage: Stage, around: Surroundings, step: ops.Node) -> None:
        match step:
            case ops.Exec():
                self._commands.write(stage, around, step)
            case ops.Setting():
                for line in ins.setting(step, around.command):
                    stage.add(line)
            case ops.Edit():
                Edits(self, stage, around=around).write(step)
            case ops.Mount():
                pass

    # --- directories and files

    def directory(self, node: ops.Directory) -> Place:
        match node:
            case ops.EmptyDirectory():
                return self.empty()
            case ops.HostDirectory():
                return Place(self._names.context(node), "/")
            case ops.ContainerDirectory():
                return Place(self._container(node.container), node.path)
            case ops.SubDirectory():
                place = self._entered(node.parent)
                return Place(place.origin, ops.absolute(node.path.lstrip("/") or ".", place.path))
            case ops.DirectoryEdit():
                return self._edited(node)
        msg = f"unknown directory {node!r}"
        raise TypeError(msg)

    def _edited(self, node: ops.DirectoryEdit) -> Place:
        changes: list[ops.Edit] = []
        cursor: ops.Directory = node
        while isinstance(cursor, ops.DirectoryEdit):
            changes.append(cursor.edit)
            cursor = cursor.parent
        plain = all(
            isinstance(edit, ops.CopyDirectory | ops.CopyFile) and not relations.has_root_of_its_own(edit) for edit in changes
        )
        root = "" if plain else _ROOT
        if name := self._stage_of.get(node.digest):
            return Place(name, root or "/")
        stage = Stage("", "", link=not root)
        if root:
            stage.add(f"WORKDIR {root}")
            stage.knows(root)
        edits = Edits(self, stage, root)
        if not isinstance(cursor, ops.EmptyDirectory):
            edits.write(ops.CopyDirectory("/", cursor))
        for edit in reversed(changes):
            edits.write(edit)
        edits.finish()
        name = self._names.new("files")
        stage.source = f"FROM scratch AS {name}"
        self._stages.append(stage)
        self._stage_of[node.digest] = name
        return Place(name, root or "/")

    def _entered(self, node: ops.Directory) -> Place:
        """Return where a directory's content stands so that its links lead within it: one from the root starts at the stage's."""
        place = self.directory(node)
        if not isinstance(node, ops.DirectoryEdit) or place.path != _ROOT or not relations.may_link_to_root(node):
            return place
        if not (name := self._stage_of.get(f"{node.digest} at the root")):
            name = self._stage_of[f"{node.digest} at the root"] = self._names.new("files")
            marks = "".join(f" --exclude={mark}" for mark in relations.time_marks(node))
            copy = f"COPY --link{marks} --from={place.origin} {ins.paths(f'{_ROOT}/', '/')}"
            self._stages.append(Stage("", f"FROM scratch AS {name}", lines=[copy]))
        return Place(name, "/")

    def file(self, node: ops.File) -> Place:
        match node:
            case ops.FileIn():
                place = self._entered(node.directory)
                return Place(place.origin, ops.absolute(node.path.lstrip("/"), place.path))
            case ops.HostFile():
                folder, _, name = node.path.rpartition("/")
                return Place(self._names.context(ops.HostDirectory(folder or "/", (((name,), ()),))), f"/{name}")
            case ops.NewFile():
                return Place(self._names.context(node), f"/{CONTENTS}")
        what = f"a {type(node).__name__} as a source of files"
        raise Unsupported(what)

    def empty(self) -> Place:
        """Return a folder with nothing in it.

        It is one that was made. BuildKit takes a copy from a stage without any for every other copy to the same path.
        """
        if not (name := self._stage_of.get("empty")):
            name = self._stage_of["empty"] = self._names.new("empty")
            self._stages.append(Stage("", f"FROM scratch AS {name}", lines=[f"WORKDIR {_EMPTY}"]))
        return Place(name, _EMPTY)

    def _export(self, node: ops.Directory | ops.File) -> str:
        """Return the stage that holds nothing but the value, for an export to the host."""
        place = self.directory(node) if isinstance(node, ops.Directory) else self.file(node)
        name = self._names.new("export")
        stage = Stage("", f"FROM scratch AS {name}")
        marks = "".join(f" --exclude={mark}" for mark in relations.time_marks(node))
        if isinstance(node, ops.Directory):
            stage.add(f"COPY --link{marks} --from={place.origin} {ins.paths(place.path.rstrip('/') + '/', '/')}")
        else:
            stage.add(f"COPY --link{marks} --from={place.origin} {ins.paths(place.path, f'/{node.name}')}")
        self._stages.append(stage)
        return name


def _role(node: ops.Container) -> str:
    digest = hashlib.sha256(node.digest.encode()).hexdigest()[:8]
    return f"stage-{digest}"
