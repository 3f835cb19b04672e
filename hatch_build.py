"""The build hook that hatchling finds under this name: bytecode for those who start the same files again and again.

A Dagger Engine installs a module from its folder and starts it anew at each call, from a disk that keeps nothing. What is not
compiled when the module is installed is compiled at every call, the client that the engine lays into `sdk` first of all.
"""

from __future__ import annotations

import compileall
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Bytecode(BuildHookInterface[Any]):
    """Compiles the module and the client where a Dagger Engine installs them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's names
        """Compile before the install of a folder that has the engine's client in it."""
        client = Path(self.root, "sdk", "src")
        if version == "editable" and client.is_dir():
            for folder in (client, Path(self.root, "src")):
                compileall.compile_dir(folder, quiet=1, workers=0, invalidation_mode=PycInvalidationMode.TIMESTAMP)
