"""What recorded runs come to, and how they travel."""

from __future__ import annotations

import json

import pytest
import runs

from pipeline.errors import UsageError
from pipeline.history import quantile, read_lines, trends, write_lines
from pipeline.history.page import as_json, as_text, bars
from pipeline.report.model import Vulnerabilities


def test_quantiles():
    values = [float(value) for value in range(1, 102)]
    assert (quantile(values, 0.5), quantile(values, 0.95)) == (51.0, 96.0)
    assert (quantile([], 0.5), quantile([7.0], 0.95)) == (0.0, 7.0)


def test_trends():
    api, auth, billing = trends(runs.many(12))
    assert (api.name, api.builds, api.succeeded) == ("api-gateway", 12, 12)
    assert (billing.builds, billing.succeeded) == (12, 11)
    assert api.sizes[0] == 49.0
    assert api.sizes[-1] == 50.1
    deps = next(stage for stage in api.stages if stage.name == "deps")
    assert (deps.needed, deps.executed, deps.p50) == (12, 1, 10.3)
    assert deps.saved_seconds == pytest.approx(11 * 10.3)
    assert auth.hit_rate == 0.5
    assert auth.p50 == 2.8


def test_as_text(golden):
    golden("pipeline/history.txt", as_text(runs.many(12)))


def test_known_vulnerabilities_over_time():
    service = runs.go("auth-service", runs.begun(0), compile_=1, size=4)
    found = [{"vulnerabilities": Vulnerabilities(high=high, low=1)} for high in (0, 1, 3)]
    text = as_text([runs.run(number, service.model_copy(update=item)) for number, item in enumerate(found)])
    assert "  vulnerabilities     3 high, 1 low (+3)  ▃▅█\n" in text
    assert "  vulnerabilities     1 low\n" in as_text([runs.run(0, service.model_copy(update=found[0]))])


def test_as_text_without_runs():
    assert as_text(()) == "no runs are recorded\n"


def test_as_json():
    data = json.loads(as_json(runs.many(3)))
    assert data["runs"] == 3
    assert data["services"][0]["stages"][0]["name"] == "deps"


def test_bars():
    assert bars([0.0, 4.0, 8.0]) == "▁▅█"
    assert bars([0.0, 0.0]) == "▁▁"
    assert len(bars([1.0] * 100)) == 24


def test_lines_carry_runs_whole():
    written = "".join(write_lines(runs.many(3)))
    assert written.count("\n") == 3
    assert tuple(read_lines(written, "runs.jsonl")) == runs.many(3)


def test_a_report_is_read_as_one_run():
    report = runs.run(1)
    assert tuple(read_lines(report.model_dump_json(indent=2) + "\n", "report.json")) == (report,)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"version": 1}', "runs.jsonl:2: success: no report: Field required; a line is a report"),
        ("{", "runs.jsonl:2: no report: Invalid JSON"),
        (
            runs.run(1).model_copy(update={"run": ""}).model_dump_json(),
            "runs.jsonl:2: run: the report tells no run; an earlier version of pipeline wrote it: build again",
        ),
    ],
)
def test_lines_that_are_none(line, message):
    with pytest.raises(UsageError) as caught:
        tuple(read_lines("\n" + line + "\n", "runs.jsonl"))
    assert str(caught.value).startswith(message)
