"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.engine import Choice

Services = Annotated[list[str] | None, typer.Argument(metavar="SERVICE", help="Services, all by default.", show_default=False)]
Root = Annotated[Path, typer.Option("--root", help="The repository, with pipeline.toml.", metavar="DIR")]
EngineOption = Annotated[Choice, typer.Option("--engine", help="Which engine runs the stages.")]
Form = Annotated[str, typer.Option("--progress", help="auto, tty, plain or quiet.", metavar="FORM")]
Platforms = Annotated[list[str] | None, typer.Option("--platform", help="A platform (repeatable).", metavar="P")]
Arguments = Annotated[
    list[str] | None, typer.Option("--build-arg", help="A build argument (repeatable).", metavar="NAME=VALUE")
]
CacheRegistry = Annotated[
    str, typer.Option("--cache-registry", help="Where results of stages are shared: HOST/PATH.", metavar="REF")
]
CacheWrite = Annotated[
    bool | None, typer.Option("--cache-write/--no-cache-write", help="Write there what is missing.", show_default=False)
]
Days = Annotated[float, typer.Option("--days", min=0, help="Of the last days; 0 for all that is recorded.", metavar="N")]
Compression = Annotated[str, typer.Option("--compression", help="gzip or zstd, of layers.", metavar="FORM")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag (repeatable).", metavar="T")]
