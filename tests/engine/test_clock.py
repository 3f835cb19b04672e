"""A clock that is set back between two builds: what is cached stays cached, and no time is told that cannot be."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import clocks


def times(run):
    """Return all durations of a report."""
    stages = [stage for service in run.report["services"] for stage in service["stages"]]
    told = [run.report, *run.report["services"], *stages]
    return [value for item in told for name, value in item.items() if name.endswith("_seconds")]


def test_a_clock_that_is_set_back_changes_nothing(built):
    workspace, before = built
    yesterday = replace(workspace, settings={**workspace.settings, **clocks.shifted("-1d")})
    run = yesterday.pipeline("build")
    assert run.code == 0, run.out + run.err
    assert run.report["started"] < before.report["started"]
    assert run.report["cache_hit_rate"] == 1
    assert run.digests() == before.digests()
    config = workspace.root / "services/auth/config/production.yaml"
    config.write_text(config.read_text() + f"# {time.time_ns()}\n")
    run = yesterday.pipeline("build")
    assert run.stages("auth-service") == {"deps": "cached", "build": "cached", "config": "executed", "runtime": "executed"}
    assert min(times(run)) >= 0
    assert max(times(run)) < 600
    history = json.loads(yesterday.pipeline("report", "history", "--format", "json").out)
    assert history
    page = yesterday.pipeline("report", "html", "dist/page.html")
    assert page.code == 0, page.err
    again = workspace.pipeline("build")
    assert again.report["cache_hit_rate"] == 1
    assert again.digests() == run.digests()
