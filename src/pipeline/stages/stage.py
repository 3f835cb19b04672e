"""One stage of a graph: its command run with a stamp, or a function of the user's own in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import dagger

from pipeline.graph import Inputs, Kept, Layers, Stage
from pipeline.stages.context import Context
from pipeline.stages.stamp import stamped

Finish = Callable[[dagger.Container], dagger.Container]
Lay = Callable[[dagger.Container, dagger.Container], dagger.Container]


def laid_over(container: dagger.Container, known: dagger.Container) -> dagger.Container:
    """Return a container with all that was kept of a stage copied over it."""
    return container.with_directory("/", known.rootfs())


def stage(
    context: Context,
    name: str,
    needs: Sequence[str],
    container: dagger.Container,
    inputs: Inputs,
    *,
    platform: str = "",
    finish: Finish = lambda container: container,
    kept: Kept | None = None,
    layers: Layers | None = None,
    lay: Lay = laid_over,
) -> Stage:
    """Return a stage.

    A function that the configuration names for it is given the container as it stands before the command, and the inputs;
    it returns both as they are to be. The command then runs as any other does, so the stage keeps its cache and its facts.

    Parameters
    ----------
    name:
        The stage's name without its platform.
    platform:
        The platform that it is made for, "" where it is the same for all.
    finish:
        Takes away what the command alone needed: mounts and volatile variables.
    kept:
        What of the result later stages need. Of a user's own function nobody can tell, nor what it depends on.
    layers:
        The final image up to the stage's result. What a user's own function makes of it is not known either.
    lay:
        Returns the container that later stages start from, out of the one before the command and what was kept elsewhere.
    """
    if replacement := context.replaced.get(name):
        container, inputs = replacement(container, inputs)
        kept = layers = None
    full = f"{name}{context.suffix(platform)}" if platform else name
    if kept and (known := context.restored.get(full)):
        restored = lay(finish(container), known) if kept.starts else context.named(known, full)
        return Stage(full, tuple(needs), restored, inputs, kept, layers)
    if inputs.command:
        container = finish(stamped(container, full, inputs.command, context.run, context.fresh))
    return Stage(full, tuple(needs), container, inputs, kept, layers)
