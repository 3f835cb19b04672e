"""What a command in a container meets, apart from the file system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from daglet import operations as ops


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Mounts, variables and settings as they stand at one step of a container."""

    mounts: tuple[ops.Mount, ...] = ()
    volatile: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, ops.Secret], ...] = ()
    user: str = ""
    unknown: ops.Container | None = None
    """The base whose user commands run as, where that is not known; None where `user` is right."""
    command: tuple[str, ...] | None = None
    """The default arguments, None for those of the base."""
    unset: tuple[str, ...] = ()
    """Variables of the image that were taken away: a Dockerfile goes on having them."""
    title: str = ""

    def after(self, step: ops.Node, stage_variable: str) -> Surroundings:
        """Return the surroundings that a step leaves; the stage's title is the value of one volatile variable."""
        match step:
            case ops.Mount():
                kept = tuple(mount for mount in self.mounts if mount.path != step.path)
                return replace(self, mounts=(*kept, step) if step.kind else kept)
            case ops.Setting(kind="VOLATILE", name=name, value=value):
                if name == stage_variable:
                    return replace(self, title=value if isinstance(value, str) else "")
                kept_values = tuple(pair for pair in self.volatile if pair[0] != name)
                return replace(self, volatile=(*kept_values, (name, value)) if isinstance(value, str) else kept_values)
            case ops.Setting(kind="ENV", name=name, value=value):
                kept_names = tuple(known for known in self.unset if known != name)
                return replace(self, unset=(*kept_names, name) if value is None else kept_names)
            case ops.Setting(kind="SECRET", name=name, secret=secret):
                kept_secrets = tuple(pair for pair in self.secrets if pair[0] != name)
                return replace(self, secrets=(*kept_secrets, (name, secret)) if secret else kept_secrets)
            case ops.Setting(kind="USER", value=value):
                return replace(self, user=value if isinstance(value, str) else "", unknown=None)
            case ops.Setting(kind="CMD", value=value):
                return replace(self, command=value if isinstance(value, tuple) else ())
            case ops.Setting(kind="ENTRYPOINT", name=""):
                return replace(self, command=())
            case _:
                return self


@dataclass(slots=True)
class Around:
    """The surroundings of every container of a graph, each worked out once."""

    stage_variable: str
    users: Mapping[str, str] = field(default_factory=dict)
    """The users of bases, as far as they are known, by the digest of the base's node."""
    _known: dict[str, Surroundings] = field(default_factory=dict)

    def __call__(self, node: ops.Container) -> Surroundings:
        """Return what a command that follows a container meets. Walks down first: a chain may be long."""
        pending: list[ops.ContainerStep] = []
        cursor = node
        while cursor.digest not in self._known and isinstance(cursor, ops.ContainerStep):
            pending.append(cursor)
            cursor = cursor.parent
        around = self._known.setdefault(cursor.digest, self._start(cursor))
        for step in reversed(pending):
            around = around.after(step.step, self.stage_variable)
            self._known[step.digest] = around
        return around

    def _start(self, base: ops.Container) -> Surroundings:
        if isinstance(base, ops.Scratch):
            return Surroundings(command=())
        user = self.users.get(base.digest)
        return Surroundings(user=user or "", unknown=base if user is None else None)
