"""`pipeline report …` on recorded runs, without an engine."""

from __future__ import annotations

import json

import pytest
import runs
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import Config
from pipeline.config.model import Service
from pipeline.history import FILE_NAME, History
from pipeline.report.delivery import deliver

CONFIG = Config(services={"api": Service(path=".")})


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A repository called shop, and a state folder with twelve runs of it."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pipeline.toml").write_text('[services.api-gateway]\npath = "."\n')
    monkeypatch.chdir(root)
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "state"))
    record = History(tmp_path / "state" / FILE_NAME)
    record.add(run.model_copy(update={"repository": "shop"}) for run in runs.many(12))
    return root


def said(*arguments, code=0, given=None):
    done = CliRunner().invoke(app, ["report", *map(str, arguments)], input=given)
    assert done.exit_code == code, done.output
    return done.stderr if code else done.stdout


def test_history(shop):
    assert "12 runs from 2026-11-24" in said("history")
    assert json.loads(said("history", "--format", "json"))["services"][0]["builds"] == 12
    assert said("history", "--days", 0.001) == "no runs are recorded\n"


def test_history_in_a_form_that_there_is_not(shop):
    assert said("history", "--format", "xml", code=2) == "pipeline: --format is 'xml'; it can be text or json\n"


def test_cost_takes_the_teams_numbers_from_the_file_and_flags_over_them(shop):
    (shop / "pipeline.toml").write_text('[cost]\nengineers = 50\nbuilds_a_day = 3\n[services.api-gateway]\npath = "."\n')
    data = json.loads(said("cost", "--builds", 20, "--before", 860, "--after", 130, "--format", "json"))
    assert (data["team"]["engineers"], data["team"]["builds_a_day"]) == (50, 20)
    assert data["savings"]["day"]["money"] == pytest.approx(97.33, abs=0.01)
    assert "mean of 11 runs" in said("cost")


def test_html(shop, capsys):
    (shop / "report.json").write_text(runs.many(12)[-1].model_dump_json())
    assert said("html", "page.html", "--report", "report.json") == "page.html\n"
    assert "Trends" not in (shop / "page.html").read_text().partition("</style>")[2]
    (shop / "report.json").write_text(runs.many(12)[-1].model_copy(update={"repository": "shop"}).model_dump_json())
    said("html", "page.html", "--report", "report.json")
    assert "The last 12 runs" in (shop / "page.html").read_text()


def test_html_of_no_report(shop):
    assert "dist/report.json: cannot be read: No such file or directory; name a file" in said("html", code=2)
    (shop / "empty").touch()
    assert said("html", "--report", "empty", code=2) == "pipeline: empty: no report is in it; `pipeline build` writes one\n"


def test_metrics(shop):
    assert 'pipeline_service_success{repository="shop",service="billing"} 0.0' in said("metrics")


def test_metrics_of_nothing(shop, monkeypatch, tmp_path):
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "empty"))
    assert said("metrics", code=2) == "pipeline: no run of this repository is recorded; build first\n"


def test_cost_of_nothing(shop, monkeypatch, tmp_path):
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "empty"))
    assert said("cost", code=2) == (
        "pipeline: no successful run of this repository is recorded; build first, or give --before and --after in seconds\n"
    )


def test_runs_are_carried_to_another_machine_and_merged(shop, tmp_path, monkeypatch):
    lines = tmp_path / "ci.jsonl"
    assert said("export", lines) == f"12 runs written to {lines}\n"
    assert said("export") == lines.read_text()
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "another"))
    assert said("import", lines) == "12 runs taken in, 0 were known\n"
    assert said("import", "-", given=lines.read_text()) == "0 runs taken in, 12 were known\n"
    assert said("export") == lines.read_text()


def test_files_that_cannot_be_taken_in(shop, tmp_path):
    assert "cannot be read: No such file" in said("import", tmp_path / "none", code=2)
    (tmp_path / "latin").write_bytes(b"\xe9")
    assert said("import", tmp_path / "latin", code=2) == f"pipeline: {tmp_path / 'latin'}: not UTF-8\n"


@pytest.mark.parametrize("started", ["yesterday", "", "2026-11-24T25:00:00Z", "0001-01-01T00:00:00"])
def test_a_run_of_no_time_is_not_taken_in(shop, tmp_path, monkeypatch, started):
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "another"))
    good, bad = runs.run(1), runs.run(2).model_copy(update={"started": started})
    (tmp_path / "ci.jsonl").write_text(f"{good.model_dump_json()}\n{bad.model_dump_json()}\n")
    assert said("import", tmp_path / "ci.jsonl", code=2) == (
        f"pipeline: {tmp_path / 'ci.jsonl'}:2: started: {started!r} is no time; "
        "a line is a report as `pipeline build` writes it\n"
    )
    assert said("history") == "no runs are recorded\n"


def test_nor_is_one_whose_services_or_stages_are(shop, tmp_path):
    run = runs.many(1)[0]
    [service, *_] = run.services
    stage = service.stages[0].model_copy(update={"started": "then"})
    for changed, key in (({"started": "now"}, "services.0.started"), ({"stages": (stage,)}, "services.0.stages.0.started")):
        (tmp_path / "report.json").write_text(
            run.model_copy(update={"services": (service.model_copy(update=changed),)}).model_dump_json(indent=2)
        )
        assert f"report.json:1: {key}: '" in said("import", tmp_path / "report.json", code=2)


def test_a_line_of_runs_ends_at_its_line_end_alone(shop, tmp_path, monkeypatch):
    failed = runs.failed("billing", runs.begun(1)).model_copy(update={"error_message": "a\u2028b\x85c"})
    monkeypatch.setenv("PIPELINE_STATE", str(tmp_path / "another"))
    (tmp_path / "ci.jsonl").write_text(runs.run(1, failed).model_dump_json() + "\r\n\n", encoding="utf-8", newline="")
    assert said("import", tmp_path / "ci.jsonl") == "1 runs taken in, 0 were known\n"


@pytest.mark.parametrize("command", ["history", "export", "cost", "metrics"])
@pytest.mark.parametrize("root", ["nowhere", "pipeline.toml"])
def test_a_root_that_is_no_folder(shop, command, root):
    told = f"pipeline: --root {root} is no folder; point it to the folder that has pipeline.toml\n"
    assert said(command, "--root", root, code=2) == told


def test_a_file_that_cannot_be_written(shop, tmp_path):
    assert "cannot be written" in said("export", shop / "pipeline.toml" / "runs.jsonl", code=2)


def test_a_run_is_recorded_and_old_ones_go(tmp_path):
    told = []
    config = CONFIG.model_copy(update={"history": CONFIG.history.model_copy(update={"keep_runs": 2, "keep_days": 1e6})})
    for report in runs.many(4):
        deliver(report, config, tmp_path, tmp_path, told.append)
    assert told == []
    assert History(tmp_path / FILE_NAME).runs() == runs.many(4)[-2:]


def test_a_record_that_cannot_be_written_is_told_and_no_more(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    told = []
    deliver(runs.run(1), CONFIG, tmp_path, tmp_path, told.append)
    assert len(told) == 1
    assert told[0].startswith(f"not handed on: history {tmp_path / FILE_NAME}: unable to open database file; move the file")
