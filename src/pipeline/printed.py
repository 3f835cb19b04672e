"""What commands of services have printed, as it may be shown anywhere."""

from __future__ import annotations


def inert(line: str) -> str:
    """Return a line as one that GitHub's runner takes for no workflow command, wherever it is shown.

    Commands are not stopped as in a log's group: what a command of ours gives is put into files, too, and comes out of functions.
    Source: actions/runner, `ActionCommand.cs`: `::` behind blanks at the beginning, `##[` anywhere.
    """
    plain = line.replace("##[", "## [")
    return f"| {plain}" if plain.lstrip().startswith("::") else plain
