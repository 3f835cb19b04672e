"""The program's start: everything that has to happen before the first import that takes time."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn

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
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise  # with a text, which Python is to print
        _leave(end.code)


def _leave(code: int) -> NoReturn:
    """End the process, once threads have finished what they write.

    Python would then take apart all modules and objects, which takes a tenth of a second and leaves no trace.
    """
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - all else that Python does at the end and that anybody notices
    with suppress(BrokenPipeError):  # whoever read has seen enough
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
