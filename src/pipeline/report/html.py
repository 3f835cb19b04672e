"""The report of a run as one page: a file that needs no network, no script and no other file."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from pipeline.history import ServiceTrend, trends
from pipeline.images import LayerContent, LayerFile, content
from pipeline.report import drawing
from pipeline.report.model import Report, ServiceResult, StageResult
from pipeline.report.timeline import timeline

_LARGEST_FILES = 10
_LATEST_RUNS = 60
_KB = 1_000
_SIGNS = {"cached": "✓", "restored": "✓", "executed": "▸", "failed": "✕", "skipped": "○"}


@dataclass(frozen=True, slots=True)
class Image:
    """An image's layers with their share in percent of its compressed size, its largest files, or why there are none."""

    service: ServiceResult
    layers: tuple[tuple[LayerContent, float], ...] = ()
    files: tuple[LayerFile, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of a figure over time: its latest value for people, and its drawing."""

    title: str
    latest: str
    chart: drawing.Chart


def page(report: Report, runs: Sequence[Report], output: Path) -> str:
    """Return the page.

    Parameters
    ----------
    runs:
        Recorded runs for the trends, the oldest first; those up to the report's own are shown.
    output:
        The folder that the images' archives are relative to.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"time": duration, "size": size, "sign": _SIGNS.__getitem__, "said": said}
    earlier = [run for run in runs if run.started <= report.started][-_LATEST_RUNS:]
    shown = {service.service_name for service in report.services}
    known: dict[str, LayerContent] = {}
    return environment.get_template("report.html").render(
        report=report,
        timeline=timeline(report),
        graphs=[(service, drawing.graph(service.stages)) for service in report.services if service.stages],
        ran=[
            (service, [stage for stage in service.stages if stage.status not in {"cached", "restored"}])
            for service in report.services
        ],
        images=[_image(service, output, known) for service in report.services if service.image],
        trends=[(trend, _lines(trend)) for trend in trends(earlier) if trend.name in shown],
        runs=len(earlier),
        saved=sum(stage.saved_seconds for service in report.services for stage in service.stages),
        drawing=drawing,
    )


def duration(seconds: float) -> str:
    """Return a time in seconds for people."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} m {rest:02.0f} s" if minutes else f"{rest:.1f} s"


def size(number: float) -> str:
    """Return a size in bytes for people, in units of 1,000."""
    for unit in ("B", "kB", "MB"):
        if number < _KB or unit == "MB":
            break
        number /= _KB
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"


def said(stage: StageResult) -> str:
    """Return what became of a stage, in a few words."""
    match stage.status:
        case "cached" | "restored":
            word = "cached" if stage.status == "cached" else "from the registry"
            return f"{word}, saved {duration(stage.saved_seconds)}" if stage.saved_seconds else word
        case "executed":
            return f"ran {duration(stage.duration_seconds)}" if stage.started else "made anew"
        case other:
            return other


def _image(service: ServiceResult, output: Path, known: dict[str, LayerContent]) -> Image:
    try:
        layers = content(output / service.image, _LARGEST_FILES, known)
    except (OSError, tarfile.TarError, KeyError, ValueError, EOFError):
        return Image(service, missing=f"{service.image} is not beside this report")
    total = sum(layer.compressed for layer in layers) or 1
    files = sorted((file for layer in layers for file in layer.largest), key=lambda file: file.size, reverse=True)
    shares = tuple((layer, round(100 * layer.compressed / total, 2)) for layer in layers)
    return Image(service, shares, tuple(files[:_LARGEST_FILES]))


def _lines(trend: ServiceTrend) -> tuple[Line, ...]:
    lines = [
        Line("Duration", f"p50 {duration(trend.p50)}, p95 {duration(trend.p95)}", drawing.chart(trend.durations)),
        Line("Cache hits", f"{trend.hit_rates[-1]:.0%} now, {trend.hit_rate:.0%} of all", drawing.chart(trend.hit_rates)),
    ]
    if trend.sizes:
        lines.append(Line("Image", f"{trend.sizes[-1]:.1f} MB", drawing.chart(trend.sizes)))
    return tuple(lines)
