"""What the graph of operations tells of a node: what it refers to, and what was done to it before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from daglet import operations as ops


def stage_ends(target: ops.Node) -> frozenset[str]:
    """Return the containers that more than one thing refers to, or that something copies from."""
    children: dict[str, set[str]] = {}
    ends: set[str] = set()
    seen: set[str] = set()
    pending: list[ops.Node] = [target]
    while pending:
        node = pending.pop()
        if node.digest in seen:
            continue
        seen.add(node.digest)
        for child in references(node):
            if isinstance(node, ops.ContainerStep) and child is node.parent:
                children.setdefault(child.digest, set()).add(node.digest)
            elif isinstance(child, ops.Container):
                ends.add(child.digest)
            pending.append(child)
    return frozenset(ends | {digest for digest, users in children.items() if len(users) > 1})


def lineage(container: ops.Container) -> tuple[ops.Container, list[ops.Edit | ops.Exec | ops.Setting | ops.Mount]]:
    """Return what a container was started from, and what was done since, in this order."""
    steps: list[ops.Edit | ops.Exec | ops.Setting | ops.Mount] = []
    while isinstance(container, ops.ContainerStep):
        steps.append(container.step)
        container = container.parent
    return container, steps[::-1]


def runs(node: ops.Container) -> bool:
    """Return whether a command is run in a container or in one that it was made from."""
    while isinstance(node, ops.ContainerStep):
        if isinstance(node.step, ops.Exec):
            return True
        node = node.parent
    return False


def trailing_workdirs(node: ops.Container) -> frozenset[str]:
    """Return the steps of a container that set a work directory which no command of it meets."""
    found: set[str] = set()
    while isinstance(node, ops.ContainerStep) and not isinstance(node.step, ops.Exec):
        if isinstance(node.step, ops.Setting) and node.step.kind == "WORKDIR":
            found.add(node.digest)
        node = node.parent
    return frozenset(found)


def mounted(container: ops.Container, path: str) -> tuple[ops.Mount, bool] | None:
    """Return what is mounted at a path or above it, and whether a command may have changed it since."""
    cursor, changed, gone = container, False, set[str]()
    while isinstance(cursor, ops.ContainerStep):
        step = cursor.step
        changed = changed or isinstance(step, ops.Exec)
        if isinstance(step, ops.Mount) and step.path not in gone and PurePosixPath(path).is_relative_to(step.path):
            if not step.kind:
                gone.add(step.path)
            else:
                return step, changed and not step.read_only
        cursor = cursor.parent
    return None


def has_root_of_its_own(edit: ops.Edit) -> bool:
    """Return whether a folder of another tree is copied, whose owner and mode are the copy's, too."""
    return (
        isinstance(edit, ops.CopyDirectory)
        and edit.path != "/"
        and isinstance(edit.source, ops.ContainerDirectory | ops.SubDirectory)
        and edit.source.path != "/"
    )


def may_link_to_root(node: ops.Directory) -> bool:
    """Return whether a tree may have symbolic links that start at its root: what others made may have any."""
    pending: list[ops.Directory] = [node]
    while pending:
        match pending.pop():
            case ops.DirectoryEdit(parent=parent, edit=edit):
                if isinstance(edit, ops.MakeSymlink) and edit.target.startswith("/"):
                    return True
                pending += [parent, edit.source] if isinstance(edit, ops.CopyDirectory) else [parent]
            case ops.SubDirectory(parent=parent):
                pending.append(parent)
            case ops.HostDirectory() | ops.ContainerDirectory():
                return True
    return False


def time_marks(node: ops.Node) -> list[str]:
    """Return patterns that match nothing and tell apart what was copied of trees that differ in their times alone.

    BuildKit knows what it copied by content, owner and mode, and would take a tree with one time for the same tree with another.
    Times that nobody set are 0, and the most common time to set.
    """
    return [f".time-{time}" for time in sorted(_times(node)) if time]


def _times(node: ops.Node) -> set[int]:
    times: set[int] = set()
    pending, seen = [node], set[str]()
    while pending:
        item = pending.pop()
        if item.digest not in seen:
            seen.add(item.digest)
            pending += references(item)
            if isinstance(item, ops.SetTimestamps):
                times.add(item.timestamp)
    return times


def references(node: ops.Node) -> Iterator[ops.Node]:
    """Yield the nodes that a node was made from."""
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, ops.Node):
                yield item
