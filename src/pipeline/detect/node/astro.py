"""What the server that Astro's adapter for node makes listens on."""

from __future__ import annotations

from pathlib import Path

from pipeline.detect.node.listening import EVERY_ADDRESS
from pipeline.detect.syntax import text, tree, walk

ADAPTER = "@astrojs/node"
SERVER = "dist/server/entry.mjs"

ENV = {"HOST": EVERY_ADDRESS}

_PORT = 4321


def port(folder: Path) -> int:
    """Return the port of a server that is told none when it starts: that of the build's settings, else Astro's own."""
    roots = filter(None, (tree(path) for path in sorted(folder.glob("astro.config.*"))))
    for pair in (pair for root in roots for pair in walk(root, "pair") if text(pair.child_by_field_name("key")) == "server"):
        for item in walk(pair, "pair"):
            key, value = text(item.child_by_field_name("key")), text(item.child_by_field_name("value"))
            if key == "port" and value.isdecimal():
                return int(value)
    return _PORT
