"""Building programs out of Go modules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from daglet.embedded import commands
from daglet.embedded.errors import USE_ANOTHER, EngineError


async def build(module: Path, target: Path, packages: Sequence[str], linker_flags: str) -> None:
    """Build static programs into a folder.

    Parameters
    ----------
    module:
        The folder of a go.mod that names the packages' modules. What the compiler needs meanwhile lies there, too.

    Raises
    ------
    EngineError
        If Go is missing or fails.
    """
    go = shutil.which("go")
    if not go:
        msg = "the embedded engine is built with Go, which is not installed"
        raise EngineError(msg, hint=f"install Go 1.26 or newer, {USE_ANOTHER}")
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOOS": "", "GOARCH": ""}
    await commands.run(
        [go, "build", "-trimpath", "-ldflags", linker_flags, "-o", f"{target}/", *packages],
        cwd=module,
        env={**os.environ, **settings, "GOTMPDIR": str(module)},
        hint=f"check that Go is 1.26 or newer and reaches its module proxy, {USE_ANOTHER}",
    )
