"""docs/cli.md, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from pipeline.cli import app

_HEAD = """\
# Command line

<!-- Made from the command line itself: `pytest --update-golden` writes it again. -->

Exit codes: 0 all succeeded, 1 a service or a check failed, 2 wrong usage or configuration, 130 interrupted. Results go to
standard output, progress and errors to standard error.

| variable | stands for |
| --- | --- |
| `PIPELINE_REGISTRY`, `PIPELINE_CACHE_REGISTRY`, `PIPELINE_CACHE_WRITE` | `--registry`, `--cache-registry`, `--cache-write` |
| `PIPELINE_MAX_PARALLEL`, `PIPELINE_TIMEOUT` | `--max-parallel`, `--timeout` |
| `PIPELINE_CACHE`, `PIPELINE_STATE` | the folders for downloads and for records: `~/.cache/pipeline`, `~/.local/state/pipeline` |
| `PIPELINE_METRICS_…`, `PIPELINE_ENGINE_…` | keys of [`[metrics]`](configuration.md#metrics) and [`[engine]`](configuration.md#engine), which name them |
| `PIPELINE_DEBUG` | says where an unexpected error comes from |
| `DAGLET_CACHE`, `DAGLET_STATE` | the embedded engine's folders, for its programs and its cache of builds: `~/.cache/daglet`, `~/.local/state/daglet` |
| `DAGLET_MAX_STATE` | how large that cache may become, `20GB` by default |
| `BUILDKIT_HOST` | the BuildKit that is used instead of the embedded one |
"""


def commands_page() -> str:
    """Return the commands as Markdown, each with its arguments and options."""
    return "\n".join([_HEAD, *_commands(typer.main.get_command(app), "pipeline")])


def _commands(command: Any, name: str) -> Iterator[str]:
    for word, inner in command.commands.items():
        path = f"{name} {word}"
        if hasattr(inner, "commands"):
            yield from _commands(inner, path)
        else:
            yield from _command(inner, path)


def _command(command: Any, path: str) -> Iterator[str]:
    context = typer.Context(command, info_name=path)
    words = [word for word in command.collect_usage_pieces(context) if word != command.options_metavar or command.params]
    yield f"## `{' '.join([path, *words]).replace('{', '').replace('}', '')}`\n\n{command.help}\n"
    if command.params:
        yield "| argument or option | meaning |\n| --- | --- |"
        for parameter in command.params:
            name, meaning = parameter.get_help_record(context)
            # An argument's type is the command line's own business.
            name = name if parameter.opts[0].startswith("-") else name.partition(" <")[0]
            yield f"| `{_escaped(name)}` | {_escaped(meaning)} |"
        yield ""


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
