"""What the registry holds of a stage: its content under one tag, and a note under another that says which content it is.

The note is a small image with one file. It names the content by its digest, so an engine takes just that content, whatever
the content's tag stands for by then. It is signed where there is a secret to sign it with. Without one, who can write to the
registry decides what builds take from it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass

from pipeline.registry.stages import CONTENT

NOTE = "stage.json"
"""The file of the note's image."""

_LAYERS = "-layers"
"""What the name of a stage has behind it whose result is kept as layers of the image."""

_VOLUME = "-volume"
"""What the name of a stage has behind it whose cache volume's content is kept."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


class Wrong(Exception):
    """A note that is not what its tag says, with the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage's result in the registry.

    Parameters
    ----------
    stage:
        The stage's name, or what `as_layers` or `as_volume` makes of it.
    content:
        The digest of the image that holds what was kept.
    seconds:
        How long the stage's command took when it ran.
    """

    key: str
    stage: str
    content: str
    seconds: float

    @property
    def is_layers(self) -> bool:
        """Whether the content is the final image up to the stage's result, and not what was kept of the stage alone."""
        return self.stage.endswith(_LAYERS)

    def signed(self, secret: str) -> str:
        """Return the note's text, with a signature where there is a secret."""
        return json.dumps({**asdict(self), "signature": self.signature(secret) if secret else ""}, sort_keys=True)

    def signature(self, secret: str) -> str:
        """Return the HMAC-SHA256 of all that the entry says."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def as_layers(stage: str) -> str:
    """Return the name under which a stage's result is kept as layers of the image."""
    return f"{stage}{_LAYERS}"


def as_volume(stage: str) -> str:
    """Return the name under which the content of a stage's cache volume is kept."""
    return f"{stage}{_VOLUME}"


def tags(stage: str, key: str) -> tuple[str, str]:
    """Return the tags of a stage's note and of its content."""
    return f"{stage}-{key}", f"{stage}-{key}{CONTENT}"


def read(text: str, key: str, secret: str) -> Entry:
    """Return the entry that a note's text describes.

    Raises
    ------
    Wrong
        If it is no note, is about another key, or is not signed with the secret where there is one.
    """
    try:
        data = json.loads(text)
        entry = Entry(str(data["key"]), str(data["stage"]), str(data["content"]), float(data["seconds"]))
        signature = str(data["signature"])
    except (ValueError, TypeError, KeyError):
        msg = "its note cannot be read"
        raise Wrong(msg) from None
    if not hmac.compare_digest(entry.key, key):
        msg = "its note is about another key"
        raise Wrong(msg)
    if not _DIGEST.match(entry.content):
        msg = "its note names no digest"
        raise Wrong(msg)
    if secret and not hmac.compare_digest(signature, entry.signature(secret)):
        msg = "its note is not signed with this secret" if signature else "its note is not signed"
        raise Wrong(msg)
    return entry
