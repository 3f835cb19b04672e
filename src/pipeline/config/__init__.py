"""pipeline.toml: what it may hold, and how it is read and checked before anything runs."""

from __future__ import annotations

from pipeline.config.load import load, parse, select, tags
from pipeline.config.model import (
    FILE_NAME,
    PLATFORMS,
    Bases,
    Budget,
    Build,
    Cache,
    Config,
    Doctor,
    Engine,
    Go,
    Node,
    Runtime,
    Scan,
    ScanTool,
    Service,
)
from pipeline.flags import Overrides

__all__ = [
    "FILE_NAME",
    "PLATFORMS",
    "Bases",
    "Budget",
    "Build",
    "Cache",
    "Config",
    "Doctor",
    "Engine",
    "Go",
    "Node",
    "Overrides",
    "Runtime",
    "Scan",
    "ScanTool",
    "Service",
    "load",
    "parse",
    "select",
    "tags",
]
