"""Image configurations with what was asked for, and nothing of how BuildKit went about it.

BuildKit's Dockerfile frontend adds settings that nobody asked for, and has no word for taking some away. Its history tells
of its own steps, and it makes a layer of a work directory that is there already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from daglet import archives, relations
from daglet import operations as ops
from daglet.errors import InvalidOperation

_BUILDKIT = {"buildkit.dockerfile.v0", "buildkit.exporter.image.v0"}
"""The comments that BuildKit writes to entries of its own in a history."""

_NOTHING = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The digest of a tar with no entries: a layer that changes nothing."""

NOT_IN_IMAGES = {"VOLATILE", "SECRET"}
"""Settings that commands alone see."""

_TAKEN_AWAY = {"USER": "User", "WORKDIR": "WorkingDir", "HEALTHCHECK": "Healthcheck"}
_ONE = {**_TAKEN_AWAY, "ENTRYPOINT": "Entrypoint", "CMD": "Cmd"}
_BY_NAME = {"ENV": "Env", "LABEL": "Labels", "EXPOSE": "ExposedPorts"}


def finished(image: archives.Layout, container: ops.Container) -> archives.Layout:
    """Return an image in a layout with its configuration as asked for; what that changes is added to the layout.

    Raises
    ------
    InvalidOperation
        If the image has no file system at all.
    """
    manifest = archives.load(image.path, image.digest)
    if "config" not in manifest:
        return image
    return _written(image, container, manifest, archives.load(image.path, manifest["config"]["digest"]))


def laid_over(below: archives.Layout | None, image: archives.Layout, container: ops.Container) -> archives.Layout:
    """Return an image in a layout on top of the one that its container starts from, with the configuration as asked for.

    Parameters
    ----------
    below:
        An image of one platform, whose layers have to be in the layout, too; None for nothing.
    image:
        The container's own layers and settings (`layering.Apart`). What else BuildKit put into its configuration goes.

    Raises
    ------
    InvalidOperation
        If the image has no file system at all.
    """
    lower = archives.load(below.path, below.digest) if below else {"layers": []}
    known = archives.load(below.path, lower["config"]["digest"]) if below else {"rootfs": {"diff_ids": []}}
    manifest = archives.load(image.path, image.digest)
    config = archives.load(image.path, manifest["config"]["digest"])
    layers = [{key: layer[key] for key in ("mediaType", "digest", "size")} for layer in lower["layers"]]
    joined = {
        **config,
        **{key: known[key] for key in ("architecture", "os", "variant") if key in known},
        "config": _set_over(known.get("config") or {}, config.get("config") or {}, made_of(container)[1]),
        "rootfs": {"type": "layers", "diff_ids": [*known["rootfs"]["diff_ids"], *config["rootfs"]["diff_ids"]]},
        "history": [*(known.get("history") or ()), *(config.get("history") or ())],
    }
    return _written(image, container, {**manifest, "layers": [*layers, *manifest["layers"]]}, joined)


def _written(
    image: archives.Layout, container: ops.Container, manifest: dict[str, Any], config: dict[str, Any]
) -> archives.Layout:
    if not manifest["layers"]:
        msg = "there is nothing in the container that an image could be made of"
        raise InvalidOperation(msg)
    layers, history, diff_ids = _effective(manifest["layers"], config)
    wanted = {
        **config,
        "config": as_asked_for(config.get("config", {}), container),
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    }
    described = manifest["config"] | _added(image, wanted)
    return archives.Layout(image.path, _added(image, {**manifest, "config": described, "layers": layers})["digest"])


def _set_over(base: dict[str, Any], made: dict[str, Any], settings: Sequence[ops.Setting]) -> dict[str, Any]:
    """Return a base's configuration with those parts of one that BuildKit made that settings are about."""
    told = dict(base)
    kinds = {step.kind for step in settings}
    for kind, field in _BY_NAME.items():
        values, entries = _by_name(base.get(field)), _by_name(made.get(field))
        values |= {step.name: entries[step.name] for step in settings if step.kind == kind and step.value is not None}
        told[field] = [f"{name}={value}" for name, value in values.items()] if field == "Env" else values
    told |= {field: made.get(field) for kind, field in _ONE.items() if kind in kinds}
    if "ENTRYPOINT" in kinds:
        told["Cmd"] = made.get("Cmd")
    return told


def _effective(layers: list[Any], config: dict[str, Any]) -> tuple[list[Any], list[Any], list[str]]:
    """Return an image's layers, what its history says of them, and their contents' digests.

    None is one that changes nothing, but for an image that has no other: tools refuse one without any.
    """
    told = [entry for entry in config.get("history", ()) if not entry.get("empty_layer")]
    if len(told) != len(layers):
        told = [{"created": config["created"]}] * len(layers)
    found = list(zip(layers, told, config["rootfs"]["diff_ids"], strict=True))
    kept = [item for item in found if item[2] != _NOTHING] or found[:1]
    history = [{"created": entry["created"]} if entry.get("comment") in _BUILDKIT else entry for _, entry, _ in kept]
    return [layer for layer, _, _ in kept], history, [diff_id for _, _, diff_id in kept]


def as_asked_for(config: dict[str, Any], container: ops.Container) -> dict[str, Any]:
    """Return the configuration that BuildKit made of a container, without what nobody asked for."""
    base, settings = made_of(container)
    last = {step.kind: step for step in settings}
    told = {name: value for name, value in config.items() if name != "ArgsEscaped"}  # Windows alone reads it.
    for kind, name in _TAKEN_AWAY.items():
        if kind in last and last[kind].value is None:
            told.pop(name, None)
    if "WORKDIR" in last and last["WORKDIR"].value is not None:
        told["WorkingDir"] = last["WORKDIR"].value
    if "ENTRYPOINT" in last:
        # The instruction takes the base's arguments away: where they are kept, there is none.
        told["Entrypoint"] = last["ENTRYPOINT"].value
    for kind, field in _BY_NAME.items():
        steps = [step for step in settings if step.kind == kind]
        if any(step.value is None for step in steps):
            told[field] = _without_taken_away(told.get(field), steps)
    if isinstance(base, ops.Scratch):
        # An empty image gets a PATH and a work directory of the frontend's own.
        names = list(dict.fromkeys(step.name for step in settings if step.kind == "ENV"))
        values = _by_name(told.get("Env"))
        told["Env"] = [f"{name}={values[name]}" for name in names if name in values]
        if "WORKDIR" not in last:
            told.pop("WorkingDir", None)
    return {name: value for name, value in told.items() if value}


def as_rendered(container: ops.Container, platform: str) -> dict[str, Any] | None:
    """Return the configuration that BuildKit has to be told, to make the image as it is asked for; None if that is not all.

    It is empty where the frontend makes the right one. An image that starts from nothing would get more than was asked for.
    One that has nothing in it either is no image.
    """
    base, settings = made_of(container)
    if isinstance(base, ops.Scratch) and not _is_filled(container):
        return None
    last = {(step.kind, step.name): step for step in settings if step.kind not in NOT_IN_IMAGES}
    if any(step.kind not in {"ENV", "LABEL"} or step.value is None for step in last.values()):
        return None
    if not isinstance(base, ops.Scratch):
        return {}
    system, architecture, *variant = platform.split("/")
    config = settled({}, settings)
    told = {"Env": [f"{name}={value}" for name, value in config["Env"].items()], "Labels": config["Labels"]}
    return {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {}), "config": told}


def _without_taken_away(entries: Any, steps: Sequence[ops.Setting]) -> Any:
    """Return entries by name without those that were taken away. What was set again afterwards comes last."""
    last, known = _by_name(entries), _by_name(entries)
    for step in steps:
        if step.value is None:
            known.pop(step.name, None)
        else:
            known.setdefault(step.name, last[step.name])
    return [f"{name}={value}" for name, value in known.items()] if isinstance(entries, list) else known


def _by_name(entries: Any) -> dict[str, Any]:
    """Return variables, labels or ports by name; a configuration has variables as a list of NAME=VALUE."""
    return dict(item.split("=", 1) for item in entries) if isinstance(entries, list) else dict(entries or {})


def of_platform(image: archives.Layout, platform: str) -> dict[str, Any]:
    """Return the configuration of an image, of one with several platforms that for one of them."""
    document = archives.load(image.path, image.digest)
    for child in document.get("manifests", ()):
        found = of_platform(archives.Layout(image.path, child["digest"]), platform)
        if f"{found.get('os')}/{found.get('architecture')}" == platform:
            return found
    return dict(archives.load(image.path, document["config"]["digest"])) if "config" in document else {}


def made_of(container: ops.Container) -> tuple[ops.Container, list[ops.Setting]]:
    """Return what a container was started from, and what was set since, in this order."""
    start, steps = relations.lineage(container)
    return start, [step for step in steps if isinstance(step, ops.Setting)]


def _is_filled(container: ops.Container) -> bool:
    """Whether something was done to a container's files since it was started."""
    return any(not isinstance(step, ops.Setting | ops.Mount) for step in relations.lineage(container)[1])


def settled(base: dict[str, Any], settings: Sequence[ops.Setting]) -> dict[str, Any]:
    """Return a base's configuration after settings, as far as it can be asked for: without ports and health checks."""
    config = {**base, "Env": _by_name(base.get("Env")), "Labels": _by_name(base.get("Labels"))}
    for step in settings:
        match step.kind:
            case "ENV" | "LABEL" as kind:
                entries = config[_BY_NAME[kind]]
                entries.pop(step.name, None)
                if step.value is not None:
                    entries[step.name] = step.value
            case "USER":
                config["User"] = step.value
            case "WORKDIR":
                config["WorkingDir"] = step.value
            case "CMD":
                config["Cmd"] = step.value
            case "ENTRYPOINT":
                config["Entrypoint"] = step.value
                if step.name != "keep":
                    config["Cmd"] = None
    return config


def _added(image: archives.Layout, document: Any) -> dict[str, Any]:
    body = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    archives.blob(image.path, digest).write_bytes(body)
    return {"digest": digest, "size": len(body)}
