"""Handing a finished run on: to the record, to Prometheus, to a collector of traces. None of it can fail a build."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipeline.config.model import Config
from pipeline.history import FILE_NAME, History, Retention
from pipeline.report.model import Report

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def deliver(report: Report, config: Config, root: Path, state: Path, tell: Callable[[str], None]) -> None:
    """Hand a run on to all who are to have it, and tell the user of each who could not be given it.

    Parameters
    ----------
    root:
        The repository, which relative paths of the configuration start from.
    state:
        The user's folder for what is remembered from run to run.
    """
    for hand_on in (_record, _expose, _trace):
        try:
            hand_on(report, config, root, state)
        except Exception as error:  # noqa: BLE001 - the images are there, whatever happens to the figures
            tell(f"not handed on: {error}")


def _record(report: Report, config: Config, root: Path, state: Path) -> None:  # noqa: ARG001 - one form for all
    record = History(state / FILE_NAME)
    record.add([report])
    record.prune(report.repository, Retention(config.history.keep_days, config.history.keep_runs))


def _expose(report: Report, config: Config, root: Path, state: Path) -> None:
    wanted = config.metrics
    if not (wanted.textfile or wanted.pushgateway):
        return
    from pipeline.report import metrics  # noqa: PLC0415 - the library is for those who want figures

    figures = metrics.collect(report, History(state / FILE_NAME), list(config.services))
    try:
        if wanted.textfile:
            metrics.write(figures, root / wanted.textfile)
    finally:
        if wanted.pushgateway:
            metrics.push(figures, [service.service_name for service in report.services], wanted.pushgateway)


def _trace(report: Report, config: Config, root: Path, state: Path) -> None:  # noqa: ARG001
    named = any(os.environ.get(name) for name in _ENDPOINTS)
    if not named or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    from pipeline.report import traces  # noqa: PLC0415 - as above

    traces.send(report, os.environ)
