"""BuildKit's machine-readable progress: what ran, what came from the cache, what it printed, what failed.

Source: `buildctl build --progress=rawjson`, a `SolveStatus` of BuildKit's client a line.
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

_PROCESS = re.compile(r'process "((?:[^"\\]|\\.)*)" did not complete successfully')
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EXIT_CODE = re.compile(r"exit code: (\d+)")
_CANCELLED = ("context canceled", "canceled")
_LOOKED_FOR = "[internal] load .dockerignore"
_STDERR = 2
_LOG_LIMIT = 1 << 20


@dataclass(slots=True)
class Vertex:
    """A node of BuildKit's own graph, as far as the progress has told."""

    digest: str
    name: str = ""
    cached: bool = False
    started: bool = False
    completed: bool = False
    error: str = ""

    @property
    def command(self) -> str:
        """The words of a command that failed, joined by spaces; "" for every other failure."""
        match = _PROCESS.search(self.error)
        return _unquoted(match[1]) if match else ""

    @property
    def cancelled(self) -> bool:
        """Whether it ended because another failed: a command that is killed then has an exit code, too."""
        return self.error.endswith(_CANCELLED)

    @property
    def exit_code(self) -> int | None:
        """The exit code of a command that failed, None for every other failure."""
        match = _EXIT_CODE.search(self.error)
        return int(match[1]) if match else None


def _unquoted(text: str) -> str:
    """Return what Go's `%q` quoted: close to JSON, but with escapes that this has not."""

    def plain(escape: re.Match[str]) -> str:
        byte, short, long, letter = escape.groups()
        return chr(int(byte or short or long, 16)) if letter is None else _LETTERS.get(letter, letter)

    return _ESCAPE.sub(plain, text)


@dataclass(slots=True)
class Progress:
    """What one solve has reported so far."""

    vertices: dict[str, Vertex] = field(default_factory=dict)
    output: dict[tuple[str, int], bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    messages: list[str] = field(default_factory=list)

    def feed(self, line: str) -> None:
        """Take in a line; one that is no progress is kept as a message of buildctl's own."""
        try:
            status = json.loads(line)
        except ValueError:
            status = None
        if not isinstance(status, dict):
            if text := line.rstrip():
                self.messages.append(text)
            return
        for item in status.get("vertexes") or ():
            self._vertex(item)
        for item in status.get("logs") or ():
            log = self.output[item["vertex"], item.get("stream", 1)]
            log += base64.b64decode(item.get("data") or "")
            del log[:-_LOG_LIMIT]

    def _vertex(self, item: dict[str, Any]) -> None:
        vertex = self.vertices.setdefault(item["digest"], Vertex(item["digest"]))
        vertex.name = item.get("name") or vertex.name
        vertex.cached = vertex.cached or bool(item.get("cached"))
        vertex.started = vertex.started or bool(item.get("started"))
        vertex.completed = vertex.completed or bool(item.get("completed"))
        vertex.error = item.get("error") or vertex.error

    @property
    def failed(self) -> Vertex | None:
        """The vertex whose failure ended the solve: a command that failed, before one that was cancelled for it.

        The frontend looks for a `.dockerignore` in a build context that we never give; not finding it ends nothing.
        """
        broken = [vertex for vertex in self.vertices.values() if vertex.error and not vertex.name.startswith(_LOOKED_FOR)]
        return min(broken, key=lambda vertex: (vertex.cancelled, vertex.exit_code is None), default=None)

    def streams(self, vertex: Vertex) -> tuple[str, str]:
        """Return what a command wrote to stdout and stderr, its last MiB."""
        out, err = (self.output.get((vertex.digest, stream), bytearray()) for stream in (1, _STDERR))
        return out.decode(errors="replace"), err.decode(errors="replace")
