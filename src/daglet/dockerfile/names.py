"""The names in a Dockerfile: of stages, build contexts and secrets, each given once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from daglet import operations as ops

SHIM = "shim"
"""The build context that holds a static busybox, for steps whose image lacks a tool."""

DOCKERFILE = "dockerfile"
"""Where BuildKit's frontend finds the Dockerfile itself, beside the build contexts."""

CONTENTS = "contents"
"""The name of the one file in the build context of a new file."""

_OURS = ("cache-", "time-", "host-ca", "host-proxy")
"""What ids of our own secrets begin with: those of volumes and times, which have no value, and those of the host's settings."""


@dataclass(slots=True)
class Names:
    """What has a name so far. The same thing asked for again has the name that it got."""

    contexts: dict[str, ops.HostDirectory | ops.NewFile] = field(default_factory=dict)
    archives: dict[str, ops.FromArchive] = field(default_factory=dict)
    secrets: dict[str, ops.Secret | str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: {"scratch", SHIM, DOCKERFILE})

    def new(self, wanted: str) -> str:
        """Return a name that nothing has yet, as near to the wanted one as the frontend allows."""
        base = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower()).strip("-._") or "stage"
        base = base if base[0].isalpha() else f"s-{base}"
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}-{number}"
        self._taken.add(name)
        return name

    def archive(self, node: ops.FromArchive) -> str:
        """Return the build context of an image archive."""
        for name, known in self.archives.items():
            if known == node:
                return name
        name = self.new(node.archive.name.removesuffix(".tar"))
        self.archives[name] = node
        return name

    def context(self, node: ops.HostDirectory | ops.NewFile) -> str:
        """Return the build context of a host folder or a new file."""
        for name, known in self.contexts.items():
            if known == node:
                return name
        name = self.new(node.name if isinstance(node, ops.NewFile) else node.path.rstrip("/").rpartition("/")[2] or "context")
        self.contexts[name] = node
        return name

    def secret(self, name: str, value: ops.Secret | str) -> str:
        """Return a secret's id. The id is part of the step's cache key, so it says what the value is for, never what it is."""
        base = re.sub(r"[^A-Za-z0-9_.-]+", "-", name) or "secret"
        base = f"secret-{base}" if base.startswith(_OURS) else base
        identity, number = base, 1
        while self.secrets.get(identity, value) != value:
            number += 1
            identity = f"{base}-{number}"
        self.secrets[identity] = value
        return identity
