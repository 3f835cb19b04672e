"""The values of a session's secrets: where each is read from, and how they are kept out of what commands print."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from daglet import operations as ops
from daglet.errors import InvalidOperation


@dataclass(slots=True)
class Plaintexts:
    """The values of secrets. They live here and nowhere else."""

    _known: dict[str, str] = field(default_factory=dict, repr=False)
    _told: set[str] = field(default_factory=set, repr=False)

    def keep(self, name: str, value: str) -> None:
        """Take in the value of a secret that a client set."""
        self._known[name] = value

    def told(self, secret: ops.Secret) -> str:
        """Return the value of a secret that a command is given."""
        value = self.of(secret)
        self._told |= {value.strip()} - {""}
        return value

    def of(self, secret: ops.Secret) -> str:
        """Return a secret's value.

        Raises
        ------
        InvalidOperation
            If the session does not know it, or its variable or file is missing.
        """
        kind, _, place = secret.source.partition("://")
        try:
            match kind:
                case "":
                    return self._known[secret.name]
                case "env":
                    return os.environ[place]
                case "file":
                    return Path(place).read_bytes().decode()  # as text, its line ends would change
        except (KeyError, OSError, ValueError) as error:
            msg = f"the secret {secret.name!r} cannot be read from {secret.source or 'this session'}"
            raise InvalidOperation(msg) from error
        msg = f"the secret {secret.name!r} comes from {kind}://, which the embedded session does not read (env://, file://)"
        raise InvalidOperation(msg)

    def hide(self, text: str) -> str:
        """Return what a command printed with stars in the place of every secret that the session's commands were given."""
        for value in sorted(self._told, key=len, reverse=True):
            text = text.replace(value, "***")
        return text
