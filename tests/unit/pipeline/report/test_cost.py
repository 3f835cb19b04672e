"""What the cache saves a team: the arithmetic, and where its numbers come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import runs

from pipeline.report import cost
from pipeline.report.model import StageResult
from pipeline.report.paths import longest

PATTERN = cost.Team(50, 20, 0.008, 0, 250, "$")
PUBLISHED = cost.Pace(860, 130, "given", "given")


def test_the_patterns_own_example():
    day = cost.savings(PATTERN, PUBLISHED, 1)
    assert day.builds == 1000
    assert day.minutes == pytest.approx(12_166.67, abs=0.01)
    assert day.money == pytest.approx(97.33, abs=0.01)
    assert day.hours == pytest.approx(202.78, abs=0.01)
    year = cost.savings(PATTERN, PUBLISHED, 250)
    assert year.money == pytest.approx(24_333.33, abs=0.01)


def test_the_documentation_has_what_the_command_prints_for_it():
    page = (Path(__file__).parents[4] / "docs" / "reports.md").read_text(encoding="utf-8")
    assert cost.as_text(PATTERN, PUBLISHED) in page


def test_waiting_has_a_price_where_the_team_names_one():
    team = cost.Team(2, 3, 0.01, 60, 240, "€")
    assert cost.savings(team, PUBLISHED, 1).wages == pytest.approx(73)
    text = cost.as_text(team, PUBLISHED)
    assert "price of an hour   €60 of an engineer's waiting" in text
    assert "€73 of it" in text


def test_what_a_run_would_have_taken_without_a_cache():
    # deps 10.3 s came from the cache, and build waits for it; prod-deps, 6.2 s, runs beside them.
    at = runs.begun(1)
    warm = runs.run(1, runs.node("api", at, install=10.3, compile_=3.3, size=49, cached=("deps", "prod-deps")))
    assert cost.uncached(warm) == pytest.approx(warm.duration_seconds + 10.3)
    cold = runs.run(0, runs.node("api", at, install=10.3, compile_=3.3, size=49))
    assert cost.uncached(cold) == cold.duration_seconds


def test_services_are_taken_to_run_side_by_side():
    at = runs.begun(1)
    slow = runs.go("slow", at, compile_=60, size=4)
    quick = runs.node("quick", at, install=10, compile_=3, size=49, cached=("deps", "prod-deps"))
    # Quick's ten seconds would have passed while slow was still compiling; slow's own modules would not.
    assert cost.uncached(runs.run(1, slow, quick)) == pytest.approx(runs.run(1, slow, quick).duration_seconds + 1.7)


def test_pace_is_of_runs_that_succeeded():
    pace = cost.pace(runs.many(12))
    assert pace.after_from == "mean of 11 runs, 2026-11-24 to 2026-11-24"
    assert pace.before > pace.after > 0
    assert cost.pace(()) == cost.Pace(0, 0, "no recorded run", "no recorded run")


def test_as_json():
    data = json.loads(cost.as_json(PATTERN, PUBLISHED))
    assert data["pace"]["before"] == 860
    assert data["savings"]["month"]["builds"] == pytest.approx(20_833.3, abs=0.1)


def test_the_longest_way():
    stages = [
        StageResult(name="a", status="executed", duration_seconds=1),
        StageResult(name="b", needs=("gone",), status="executed", duration_seconds=5),
        StageResult(name="c", needs=("a", "b"), status="executed", duration_seconds=2),
    ]
    assert longest(stages, lambda stage: stage.duration_seconds) == (("b", "c"), 7)
    assert longest((), lambda _: 1) == ((), 0)
