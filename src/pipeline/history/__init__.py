"""What earlier runs did: recorded in the user's state folder, carried from machine to machine, summed up as trends."""

from __future__ import annotations

from pipeline.history.expected import Expected, expected
from pipeline.history.lines import read_lines, write_lines
from pipeline.history.store import FILE_NAME, History, HistoryError, Retention
from pipeline.history.trends import ServiceTrend, StageTrend, quantile, trends

__all__ = [
    "FILE_NAME",
    "Expected",
    "History",
    "HistoryError",
    "Retention",
    "ServiceTrend",
    "StageTrend",
    "expected",
    "quantile",
    "read_lines",
    "trends",
    "write_lines",
]
