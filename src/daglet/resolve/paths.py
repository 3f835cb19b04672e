"""Paths as a caller gives them."""

from __future__ import annotations

from daglet import operations as ops
from daglet.errors import Unsupported


def at(node: ops.Container | ops.Directory, path: str) -> str:
    """Return a path in the tree; in a container a relative one starts at the working directory."""
    absolute = ops.absolute(path, _workdir(node) if isinstance(node, ops.Container) and not path.startswith("/") else "/")
    return f"{absolute}/" if path.endswith("/") and absolute != "/" else absolute


def _workdir(container: ops.Container) -> str:
    cursor = container
    while isinstance(cursor, ops.ContainerStep):
        if isinstance(cursor.step, ops.Setting) and cursor.step.kind == "WORKDIR":
            return str(cursor.step.value or "/")
        cursor = cursor.parent
    if not isinstance(cursor, ops.Scratch):
        what = "a relative path in an image whose work directory is not set here"
        raise Unsupported(what)
    return "/"
