"""What stands in monitoring/: its rules by promtool, its alerts and its dashboard by a real Prometheus and Pushgateway."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
import runs
from monitors import monitors, programs

from pipeline.history import History
from pipeline.report import metrics
from pipeline.report.model import Vulnerabilities

FOLDER = Path(__file__).parents[2] / "monitoring"
RULES = (FOLDER / "rules.yml").read_text(encoding="utf-8")
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))

# A day in five seconds, a week in two: what the rules ask stays as it is.
QUICK = re.sub(r"for: 10m", "for: 1s", RULES.replace("[1d]", "[5s]").replace("offset 7d", "offset 2s"))


def promtool(*arguments, given=None):
    command = [programs() / "promtool", *arguments]
    return subprocess.run(command, cwd=FOLDER, input=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("check", "rules", "rules.yml"), ("test", "rules", "rules_test.yml")],
    ids=" ".join,
)
def test_promtool(arguments):
    done = promtool(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_names_are_as_prometheus_wants_them(tmp_path):
    record = History(tmp_path / "history.sqlite")
    record.add(runs.many(12))
    text = metrics.exposition(metrics.collect(runs.many(12)[-1], record, ["api-gateway"]))
    done = promtool("check", "metrics", given=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_alerts_fire_and_clear_in_a_real_prometheus(tmp_path):
    record = History(tmp_path / "history.sqlite")
    numbers = iter(range(100))
    began = time.monotonic()

    def build(*, slow=False, cold=False):
        number = next(numbers)
        at = runs.begun(number)
        cached = () if cold else ("deps", "build", "prod-deps")
        api = runs.node("api-gateway", at, install=2, compile_=400 if slow else 3, size=49, cached=cached)
        web = runs.node("web", at, install=2, compile_=3, size=30, cached=cached)
        run = runs.run(number, api, web.model_copy(update={"vulnerabilities": Vulnerabilities(high=1)}))
        record.add([run])
        names = [service.service_name for service in run.services]
        metrics.push(metrics.collect(run, record, names), names, shop.pushgateway)

    def note(what):
        print(f"{time.monotonic() - began:5.1f} s  {what}")  # noqa: T201 - the transcript, which `pytest -s` shows

    with monitors(tmp_path, QUICK) as shop:
        build()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            assert shop.firing() == {}
            time.sleep(0.2)
        note("healthy: nothing fires")

        build(slow=True, cold=True)
        assert shop.wait({"PipelineBuildSlow", "PipelineCacheColder"}, 12) == {
            "PipelineBuildSlow": "api-gateway: builds take over 5 minutes",
            "PipelineCacheColder": "https://example.test/shop: fewer than 80 % of stages come from a cache",
        }
        note("a slow build on a cold cache: both fire")

        build(cold=True)
        shop.wait({"PipelineCacheColder"}, 12)
        note("quick again, the cache still cold: one has cleared")

        build()
        shop.wait(set(), 12)
        note("healthy again: both have cleared")

        for panel in DASHBOARD["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$repository", ".*").replace("[1h]", "[10s]")
                if "pipeline_stage_duration_seconds" not in expression:
                    assert shop.query(expression), expression
