"""Drawings of the page as plain geometry: a service's graph of stages, and a line over time. Lengths in CSS pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.model import StageResult

NODE_WIDTH = 148
NODE_HEIGHT = 46
_GAP_X = 46
_GAP_Y = 14
_MARGIN = 4

CHART_WIDTH = 300
CHART_HEIGHT = 56
_CHART_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A stage, by its upper left corner."""

    stage: StageResult
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Graph:
    """A service's stages, and the curves between them as an SVG path's data."""

    nodes: tuple[Node, ...]
    edges: tuple[str, ...]
    width: int
    height: int


def graph(stages: Sequence[StageResult]) -> Graph:
    """Return the drawing of a graph: each stage in the column after the last of those that it needs."""
    columns: dict[str, int] = {}
    taken: dict[int, int] = {}
    nodes: dict[str, Node] = {}
    for stage in stages:
        column = 1 + max((columns[need] for need in stage.needs if need in columns), default=-1)
        row = taken.get(column, 0)
        columns[stage.name], taken[column] = column, row + 1
        x = _MARGIN + column * (NODE_WIDTH + _GAP_X)
        nodes[stage.name] = Node(stage, x, _MARGIN + row * (NODE_HEIGHT + _GAP_Y))
    edges = tuple(_curve(nodes[need], nodes[stage.name]) for stage in stages for need in stage.needs if need in nodes)
    width = max((node.x for node in nodes.values()), default=0) + NODE_WIDTH + _MARGIN
    height = max((node.y for node in nodes.values()), default=0) + NODE_HEIGHT + _MARGIN
    return Graph(tuple(nodes.values()), edges, width, height)


def _curve(start: Node, end: Node) -> str:
    x1, y1 = start.x + NODE_WIDTH, start.y + NODE_HEIGHT // 2
    x2, y2 = end.x, end.y + NODE_HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over time: the points of the line, and of the area below it."""

    line: str
    area: str


def chart(values: Sequence[float]) -> Chart:
    """Return the drawing of values, the oldest at the left, on a scale from 0 to the largest. At least one value."""
    most = max(values) or 1.0
    inner = CHART_HEIGHT - 2 * _CHART_MARGIN
    step = (CHART_WIDTH - 2 * _CHART_MARGIN) / max(len(values) - 1, 1)
    points = [
        (round(_CHART_MARGIN + number * step, 1), round(_CHART_MARGIN + inner * (1 - value / most), 1))
        for number, value in enumerate(values)
    ]
    if len(points) == 1:
        points = [points[0], (CHART_WIDTH - _CHART_MARGIN, points[0][1])]
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    bottom = CHART_HEIGHT - _CHART_MARGIN
    return Chart(line, f"{points[0][0]:g},{bottom} {line} {points[-1][0]:g},{bottom}")
