"""BuildKit on this machine, without Docker: its programs, and a daemon that lives as long as it has clients."""

from __future__ import annotations

from daglet.embedded.control import Status, is_running, prune, start, status, stop, version_of
from daglet.embedded.daemon import acquire
from daglet.embedded.errors import EngineError
from daglet.embedded.layout import Layout
from daglet.embedded.remote import Credentials, Engine, reach

__all__ = [
    "Credentials",
    "Engine",
    "EngineError",
    "Layout",
    "Status",
    "acquire",
    "is_running",
    "prune",
    "reach",
    "start",
    "status",
    "stop",
    "version_of",
]
