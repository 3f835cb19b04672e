"""A folder and its configuration → what the service is."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config import Service
from pipeline.detect import golang, node
from pipeline.detect.model import GoService, NodeService
from pipeline.errors import UsageError


def detect(root: Path, name: str, settings: Service) -> NodeService | GoService:
    """Return what a service is: what its configuration says, and what its files tell where that says nothing.

    Raises
    ------
    UsageError
        If the folder is no service of a known kind, or lacks what building it takes.
    """
    folder = root / settings.path
    kind = settings.kind or _kind(folder, name, settings.path)
    _check_other(name, settings, kind)
    _check_asked(name, settings)
    try:
        return node.detect(root, name, settings) if kind == "node" else golang.detect(root, name, settings)
    except RecursionError:
        msg = f"a file in {settings.path} holds too many things within each other"
        raise UsageError(msg, service=name, hint="look at its manifest and its lockfile") from None
    except OSError as error:
        # Names come out of the repository's files, and may be none that a file can have.
        msg = f"{os.path.relpath(error.filename or folder, root)!r} cannot be looked up: {error.strerror}"
        raise UsageError(msg, service=name, hint="correct the name where it is given, or who may read the file") from None


def _check_other(name: str, settings: Service, kind: str) -> None:
    """Check that nothing is set which holds for services of the other kind."""
    other = "go" if kind == "node" else "node"
    if given := sorted((settings.go if kind == "node" else settings.node).model_fields_set):
        msg = f"{name} is a {kind.capitalize()} service, and no {other.capitalize()} service's {given[0]!r} holds for it"
        raise UsageError(
            msg, key=f"services.{name}.{other}.{given[0]}", hint=f"remove it, or correct `kind` in [services.{name}]"
        )


def _check_asked(name: str, settings: Service) -> None:
    """Check that a service with no port is not asked for its health on it."""
    if settings.port is False and (settings.health == "grpc" or str(settings.health).startswith("/")):
        msg = f"{settings.health!r} is asked on the service's port, and its `port` says that it has none"
        hint = 'name the port, or a command: `health = ["/bin/app", "check"]`'
        raise UsageError(msg, key=f"services.{name}.health", hint=hint)


def _kind(folder: Path, name: str, path: str) -> str:
    found = [kind for kind, marker in (("node", "package.json"), ("go", "go.mod")) if (folder / marker).is_file()]
    if len(found) == 1:
        return found[0]
    reason = "both a package.json and a go.mod" if found else "neither a package.json nor a go.mod"
    msg = f"{path} has {reason}"
    raise UsageError(msg, service=name, hint=f'say which it is: `kind = "node"` or `kind = "go"` in [services.{name}]')
