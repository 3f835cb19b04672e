"""One stage of a graph: its command run with a stamp, or a function of the user's own in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import dagger

from pipeline.graph import Inputs, Stage
from pipeline.stages.context import Context
from pipeline.stages.stamp import stamped

Finish = Callable[[dagger.Container], dagger.Container]


def stage(
    context: Context,
    name: str,
    needs: Sequence[str],
    container: dagger.Container,
    inputs: Inputs,
    *,
    platform: str = "",
    finish: Finish = lambda container: container,
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
    """
    if replacement := context.replaced.get(name):
        container, inputs = replacement(container, inputs)
    full = f"{name}{context.suffix(platform)}" if platform else name
    if inputs.command:
        container = finish(stamped(container, full, inputs.command, context.run))
    return Stage(full, tuple(needs), container, inputs)
