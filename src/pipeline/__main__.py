"""The program's start: everything that has to happen before the first import that takes time."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

_COLLECT_EVERY = 200_000
"""Objects made between two collections. Importing the client makes half a million that live to the end; Python's own
700 has them looked through again and again, for a fifth of an unchanged build's time."""


def main() -> None:
    """Run the command line.

    Python is started again with -O: the Dagger client checks its own calls with beartype, which -O switches off, and
    that halves the time that importing it takes. And with -P: modules are never looked for in the user's folder.
    """
    if __debug__ and not os.environ.get("PIPELINE_DEBUG"):
        # It is no more than faster: where another user may not start this Python, it goes on as it is.
        with suppress(OSError):
            os.execv(sys.executable, [sys.executable, "-P", "-O", "-m", "pipeline", *sys.argv[1:]])  # noqa: S606 - ourselves
    gc.set_threshold(_COLLECT_EVERY)
    from pipeline.cli import app  # noqa: PLC0415 - after Python's second start

    try:
        app(prog_name="pipeline")
    finally:
        # What lives now lives to the end: looking it through once more takes a tenth of a second.
        gc.freeze()


if __name__ == "__main__":
    main()
