"""What commands of services have printed, as it may be shown anywhere."""

from __future__ import annotations

_FIRST, _LAST = 10, 20
"""How many lines of a stream are shown: compilers and npm begin with the cause, most others end with it."""


def excerpt(*streams: str) -> list[str]:
    """Return the lines of what a command has printed, of a stream with many the first and the last."""
    found: list[str] = []
    for stream in streams:
        lines = stream.strip().splitlines()
        if left_out := max(len(lines) - _FIRST - _LAST, 0):
            lines[_FIRST:-_LAST] = [f"… {left_out} more …"]
        found += lines
    return found


def inert(line: str) -> str:
    """Return a line as one that GitHub's runner takes for no workflow command, wherever it is shown.

    Commands are not stopped as in a log's group: what a command of ours gives is put into files, too, and comes out of functions.
    Source: actions/runner, `ActionCommand.cs`: `::` behind blanks at the beginning, `##[` anywhere.
    """
    plain = line.replace("##[", "## [")
    return f"| {plain}" if plain.lstrip().startswith("::") else plain
