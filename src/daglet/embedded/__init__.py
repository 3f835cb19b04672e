"""BuildKit on this machine, without Docker: its programs, and a daemon that lives as long as it has clients."""

from __future__ import annotations

from daglet.embedded.daemon import Engine, Layout, Status, acquire, prune, start, status, stop
from daglet.embedded.errors import EngineError

__all__ = ["Engine", "EngineError", "Layout", "Status", "acquire", "prune", "start", "status", "stop"]
