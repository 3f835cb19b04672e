"""`pipeline report …` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.ending import run
from pipeline.options import Days, Root

app = typer.Typer(help="What recorded runs tell: trends, cost, one run as a page.", no_args_is_help=True)


def _commands() -> Any:
    from pipeline.report import commands  # noqa: PLC0415 - `--help` and bad input answer without it

    return commands


@app.command("history")
def report_history(
    *,
    root: Root = Path(),
    output_format: Annotated[str, typer.Option("--format", help="text or json.", metavar="FORM")] = "text",
    days: Days = 0,
) -> None:
    """Show how long builds took, how often the cache served, and how images grew, by service and stage."""
    run(lambda: _commands().history(root, output_format, days))


@app.command("cost")
def report_cost(
    *,
    root: Root = Path(),
    engineers: Annotated[int | None, typer.Option("--engineers", min=1, help="How many people build.", metavar="N")] = None,
    builds: Annotated[float | None, typer.Option("--builds", min=0, help="Builds a day of each.", metavar="N")] = None,
    price: Annotated[float | None, typer.Option("--price", min=0, help="Of a CI machine's minute.", metavar="P")] = None,
    hour_price: Annotated[float | None, typer.Option("--hour-price", min=0, help="Of waiting.", metavar="P")] = None,
    before: Annotated[float | None, typer.Option("--before", min=0, help="A build before.", metavar="SECONDS")] = None,
    after: Annotated[float | None, typer.Option("--after", min=0, help="A build now.", metavar="SECONDS")] = None,
    days: Days = 0,
    output_format: Annotated[str, typer.Option("--format", help="text or json.", metavar="FORM")] = "text",
) -> None:
    """Show what the cache saves: minutes, money and waiting, from recorded runs and the numbers under [cost]."""
    given = {
        "engineers": engineers,
        "builds_a_day": builds,
        "minute_price": price,
        "hour_price": hour_price,
        "before_seconds": before,
        "after_seconds": after,
    }
    run(lambda: _commands().cost(root, output_format, days, given))


@app.command("html")
def report_html(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The page.")] = Path("dist/report.html"),
    *,
    report: Annotated[Path, typer.Option("--report", help="The run, with its images beside it.", metavar="FILE")] = Path(
        "dist/report.json"
    ),
) -> None:
    """Write a run's report as one page: timeline, graph, reasons, images, trends. It needs no network."""
    run(lambda: _commands().html(report, file))


@app.command("metrics")
def report_metrics(*, root: Root = Path()) -> None:
    """Print each service's latest figures for Prometheus."""
    run(lambda: _commands().metrics(root))


@app.command("export")
def report_export(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Standard output by default.", show_default=False)] = None,
    *,
    root: Root = Path(),
    days: Days = 0,
) -> None:
    """Write recorded runs as JSON lines, to carry them to another machine."""
    run(lambda: _commands().export_runs(root, file, days))


@app.command("import")
def report_import(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="JSON lines or report.json; - for standard input.")],
) -> None:
    """Take runs of other machines into the record; those that are known already are left as they are."""
    run(lambda: _commands().import_runs(files))
