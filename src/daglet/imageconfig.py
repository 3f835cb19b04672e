"""Image configurations as a Dagger Engine writes them.

BuildKit's Dockerfile frontend adds settings that nobody asked for, and has no word for taking some away.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from daglet import archives
from daglet import operations as ops
from daglet.errors import InvalidOperation

_TAKEN_AWAY = {"USER": "User", "WORKDIR": "WorkingDir", "HEALTHCHECK": "Healthcheck"}


def finished(image: archives.Layout, container: ops.Container) -> archives.Layout:
    """Return an image in a layout with its configuration as asked for; what that changes is added to the layout.

    Raises
    ------
    InvalidOperation
        If the image has no file system at all.
    """
    manifest = archives.load(image.path, image.digest)
    if "config" in manifest and not manifest["layers"]:
        msg = "there is nothing in the container that an image could be made of"
        raise InvalidOperation(msg)
    if "config" not in manifest:
        return image
    config = archives.load(image.path, manifest["config"]["digest"])
    wanted = {**config, "config": as_asked_for(config.get("config", {}), container)}
    if wanted == config:
        return image
    manifest["config"] |= _added(image, wanted)
    return archives.Layout(image.path, _added(image, manifest)["digest"])


def as_asked_for(config: dict[str, Any], container: ops.Container) -> dict[str, Any]:
    """Return the configuration that BuildKit made of a container, without what nobody asked for."""
    base, settings = _history(container)
    last = {step.kind: step for step in settings}
    told = {name: value for name, value in config.items() if name != "ArgsEscaped"}  # Windows alone reads it.
    for kind, name in _TAKEN_AWAY.items():
        if kind in last and last[kind].value is None:
            told.pop(name, None)
    if isinstance(base, ops.Scratch):
        # An empty image gets a PATH and a work directory of the frontend's own.
        names = list(dict.fromkeys(step.name for step in settings if step.kind == "ENV"))
        values = dict(item.split("=", 1) for item in config.get("Env") or ())
        told["Env"] = [f"{name}={values[name]}" for name in names]
        if "WORKDIR" not in last:
            told.pop("WorkingDir", None)
    return told


def _history(container: ops.Container) -> tuple[ops.Container, list[ops.Setting]]:
    settings: list[ops.Setting] = []
    while isinstance(container, ops.ContainerStep):
        if isinstance(container.step, ops.Setting):
            settings.append(container.step)
        container = container.parent
    return container, settings[::-1]


def _added(image: archives.Layout, document: Any) -> dict[str, Any]:
    body = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    archives.blob(image.path, digest).write_bytes(body)
    return {"digest": digest, "size": len(body)}
