"""Dagger functions, called as they are where there is no disk of the user's: the session is daglet's."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from pipeline.folders import cache_folder

_PROGRAM = """\
import sys
import anyio, dagger
from dagger import dag
from dagger.mod._exceptions import FunctionError
from pipeline import Pipeline

async def main():
    source, bases, *given = sys.argv[1:]
    folder = dag.host().directory
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        module = Pipeline(source=folder(source), bases=folder(bases))
        try:
{calls}
        except FunctionError as error:
            print("failed:", error)

anyio.run(main)
"""


def call(workspace, root, calls, *given):
    """Run lines of Python that have the `module` and what is `given`, and return what they print; why a function failed, too."""
    program = _PROGRAM.replace("{calls}", textwrap.indent(textwrap.dedent(calls), " " * 12))
    environ = {**workspace.environ, "_EXPERIMENTAL_DAGGER_CLI_BIN": str(Path(sys.executable).with_name("daglet"))}
    command = [sys.executable, "-c", program, root, cache_folder() / "bases", *given]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
