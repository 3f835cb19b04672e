"""An image's own layers, apart from what they lie on: an engine need not see a base to lay finished files over it.

Where all that is done to a base is that trees are laid over its root, each of them is a layer that is the same on any base.
BuildKit makes those, and the base's are put below them, out of the archive that the base comes from. If the first tree is the
root of an image at an address, its layers are taken as they are, where a copy would unpack and compress them anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from daglet import operations as ops


@dataclass(frozen=True, slots=True)
class Apart:
    """A container's own layers and settings, and what they lie on.

    Parameters
    ----------
    base:
        The image below, None for nothing.
    own:
        A container that has the layers and settings, and nothing of the base. What else its configuration has does not count.
    taken:
        Whether its first layers are those of an image at an address. What they take away was theirs, and is to stay if it is the base's.
    """

    base: ops.FromArchive | None
    own: ops.Container
    taken: bool


def apart(container: ops.Container) -> Apart | None:
    """Return a container's own layers apart from its base; None if they depend on it, or if nothing is gained."""
    steps: list[ops.ContainerStep] = []
    cursor = container
    while isinstance(cursor, ops.ContainerStep):
        steps.insert(0, cursor)
        cursor = cursor.parent
    edits = [step for step in steps if not isinstance(step.step, ops.Setting | ops.Mount)]
    if not isinstance(cursor, ops.FromArchive | ops.Scratch) or not edits or not all(_is_free(step.step) for step in steps):
        return None
    base = cursor if isinstance(cursor, ops.FromArchive) else None
    own: ops.Container = ops.Scratch(container.platform)
    first = _image(edits[0].step, container.platform)
    if first:
        own = first
        steps.remove(edits[0])
    elif not base:
        return None
    for step in steps:
        own = ops.ContainerStep(own, step.step)
    return Apart(base, own, taken=first is not None)


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
    container = source.container
    while isinstance(container, ops.ContainerStep) and isinstance(container.step, ops.Setting):
        container = container.parent
    return container if isinstance(container, ops.FromAddress) and container.platform == platform else None
