"""What comes of rendering: a Dockerfile and what it takes to build it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daglet import operations as ops


@dataclass(frozen=True, slots=True)
class Plan:
    """A Dockerfile and what it takes to build it.

    Parameters
    ----------
    dockerfile:
        The text.
    target:
        The stage that is the requested value.
    platform:
        The platform of the target, "" for the engine's own.
    contexts:
        The host folders that the text names, by build context, and files whose content no heredoc gives back.
    archives:
        The image archives that the text names, by build context.
    secrets:
        What each secret's id stands for: a secret, or the plain value of a volatile variable.
    steps:
        The caller's commands, by the words that BuildKit runs and names in its errors.
    group:
        What the last of the named stages belongs to: its name up to a slash, "" where no stage is named.
    addresses:
        Where the images are that the text starts from.
    guessed:
        Bases whose user has to be known to change their files as root (see `Options.users`), and is not: the text has root for it.
    attested:
        Whether an export has a statement with it of how it was built, `provenance.json`.
    """

    dockerfile: str
    target: str
    platform: str
    contexts: Mapping[str, ops.HostDirectory | ops.NewFile]
    archives: Mapping[str, ops.FromArchive]
    secrets: Mapping[str, ops.Secret | str]
    steps: Mapping[str, ops.Exec]
    group: str = ""
    addresses: tuple[str, ...] = ()
    guessed: tuple[ops.Container, ...] = ()
    attested: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about the text.

    Parameters
    ----------
    stage_variable:
        The volatile variable whose value names a stage, so that a reader finds his own names again.
    step_mounts:
        Mounts that every command gets beside its own: how settings of the host reach it.
    finished:
        Whether the image is given its configuration in the end by `imageconfig.finished`. A work directory that no command meets is
        left to that: BuildKit makes the folder, and for that lays out all linked layers below it, a file at a time.
    ships:
        Whether the target is an image that is written or pushed. What commands print that may fail is kept beside their files,
        so that they run once for all that is asked of them; but a layer keeps what another one removes, so there it is not.
    users:
        The users of bases, by the digest of the base's node, as far as they are known.
    """

    stage_variable: str = ""
    step_mounts: tuple[str, ...] = ()
    finished: bool = False
    ships: bool = False
    users: Mapping[str, str] = field(default_factory=dict)


def dump(plan: Plan) -> str:
    """Return a plan as text for people: the Dockerfile, headed by the build contexts that it takes."""
    places = {name: source.path if isinstance(source, ops.HostDirectory) else "given" for name, source in plan.contexts.items()}
    lines = [f"# build context {name}: {place}" for name, place in sorted(places.items())]
    lines += [f"# image archive {name}: {source.archive.name}" for name, source in sorted(plan.archives.items())]
    return "\n".join([*lines, "", plan.dockerfile]) if lines else plan.dockerfile
