"""An image's own layers, apart from what they lie on: an engine need not see a base to lay finished files over it.

Where all that is done to a base is that trees are laid over its root, each of them is a layer that is the same on any base.
BuildKit makes those, and the base's are put below them, out of the archive that the base comes from. If the first tree is the
root of an image at an address, its layers are taken as they are, where a copy would unpack and compress them anew.

Source: the OCI image specification, version 1.1, of layers and of what takes files away in them.
"""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from typing import Any

from daglet import archives, relations
from daglet import operations as ops

_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+"

_WHITEOUT = ".wh."
"""What the name of an entry begins with that stands for a file which is no longer there."""

_COPY = re.compile(r"(\[[^]]*\] )?(LINK )?COPY ")
"""What BuildKit calls a copy, in the history of an image."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A container's own layers and settings, and what they lie on.

    Parameters
    ----------
    base:
        The image below, None for nothing.
    own:
        A container that has the layers and settings, and nothing of the base. What else its configuration has does not count.
    """

    base: ops.FromArchive | None
    own: ops.Container

    @property
    def is_taken(self) -> bool:
        """Whether the first layers are those of an image at an address. What they take away was theirs, and stays if it is the base's."""
        return isinstance(relations.lineage(self.own)[0], ops.FromAddress)


def apart(container: ops.Container) -> Apart | None:
    """Return a container's own layers apart from its base; None if they depend on it, or if nothing is gained."""
    start, steps = relations.lineage(container)
    edits = [step for step in steps if not isinstance(step, ops.Setting | ops.Mount)]
    if not isinstance(start, ops.FromArchive | ops.Scratch) or not edits or not all(map(_is_free, steps)):
        return None
    base = start if isinstance(start, ops.FromArchive) else None
    first = _image(edits[0], container.platform)
    if not (base or first):
        return None
    if first:
        steps.remove(edits[0])
    own: ops.Container = first or ops.Scratch(container.platform)
    for step in steps:
        own = ops.ContainerStep(own, step)
    return Apart(base, own)


def is_plain(image: archives.Layout) -> bool:
    """Whether an image is for one platform, with layers as the OCI specification has them, compressed."""
    layers = archives.load(image.path, image.digest).get("layers") or ()
    return bool(layers) and all(layer["mediaType"].startswith(_LAYER_TYPE) for layer in layers)


def only_adds(image: archives.Layout) -> bool:
    """Whether no layer of an image takes away a file of what it lies on. One that cannot be looked into may."""
    manifest = archives.load(image.path, image.digest)
    history = archives.load(image.path, manifest["config"]["digest"]).get("history") or ()
    told = [entry for entry in history if not entry.get("empty_layer")]
    if len(told) == len(manifest["layers"]) and all(_was_copied(entry) for entry in told):
        return True
    try:
        for layer in manifest["layers"]:
            with tarfile.open(archives.blob(image.path, layer["digest"]), "r|*") as files:
                if any(info.name.rpartition("/")[2].startswith(_WHITEOUT) for info in files):
                    return False
    except tarfile.TarError:
        return False
    return True


def _was_copied(entry: dict[str, Any]) -> bool:
    """Whether BuildKit says of a layer that it copied files, which takes none away."""
    return str(entry.get("comment")).startswith("buildkit.") and bool(_COPY.match(str(entry.get("created_by"))))


def _is_free(step: ops.Node) -> bool:
    """Whether a step is the same whatever is below."""
    match step:
        case ops.CopyDirectory():
            return step.path == "/" and step.permissions is None and not step.owner.strip("0123456789:")
        case ops.Setting(kind="ENTRYPOINT"):
            return step.name != "keep"  # That depends on the base's command.
        case ops.Setting() | ops.Mount():
            return True
    return False


def _image(edit: ops.Node, platform: str) -> ops.FromAddress | None:
    """Return the image at an address, of a platform, whose root is copied as it is."""
    if not isinstance(edit, ops.CopyDirectory) or edit.include or edit.exclude or edit.owner:
        return None
    source = edit.source
    if not isinstance(source, ops.ContainerDirectory) or source.path != "/":
        return None
    start, steps = relations.lineage(source.container)
    untouched = start.platform == platform and all(isinstance(step, ops.Setting) for step in steps)
    return start if isinstance(start, ops.FromAddress) and untouched else None
