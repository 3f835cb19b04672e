"""The record of runs: several writers, retention, and files that are none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import runs

from pipeline.history import History, HistoryError, Retention
from pipeline.report.model import Vulnerabilities

WRITER = """
import sys
from pathlib import Path
import runs
from pipeline.history import History, Retention
first = int(sys.argv[2])
record = History(Path(sys.argv[1]))
for number in range(first, first + 10):
    record.add([runs.run(number)])
    record.prune("https://example.test/shop", Retention(1e6, 1000))
"""


@pytest.fixture
def record(tmp_path):
    return History(tmp_path / "state" / "history.sqlite")


def test_what_is_recorded_comes_back_whole_and_in_order(record):
    written = runs.many(5)
    assert record.add(reversed(written)) == 5
    assert record.runs() == written
    assert record.runs(latest=2) == written[-2:]
    assert record.runs(since=runs.begun(3)) == written[3:]


def test_the_latest_result_of_each_service_however_long_ago(record):
    begun = [runs.begun(number) for number in range(4)]
    scanned = runs.go("auth", begun[1], compile_=1, size=4).model_copy(update={"vulnerabilities": Vulnerabilities()})
    results = [
        (runs.go("auth", begun[0], compile_=9, size=4), runs.failed("old", begun[0])),
        (scanned,),
        (runs.go("auth", begun[2], compile_=2, size=4), runs.failed("gone", begun[2])),
    ]
    record.add([runs.run(number, *services) for number, services in enumerate(results)])
    record.add([runs.run(3, runs.go("auth", begun[3], compile_=3, size=4), repository="other")])
    shop = runs.run(0).repository
    assert record.latest(shop, ["auth", "old", "new"]) == {"auth": results[2][0], "old": results[0][1]}
    assert record.latest(shop, ["auth", "old"], scanned=True) == {"auth": scanned}
    assert record.latest(shop, []) == {}


def test_no_record_yet(record):
    assert record.runs() == ()
    assert record.latest("shop", ["auth"]) == {}
    assert record.counts("shop") == {}


def test_a_run_is_recorded_once(record):
    run = runs.run(1)
    assert record.add([run]) == 1
    assert record.add([run, runs.run(2)]) == 1
    assert len(record.runs()) == 2


def test_repositories_are_apart(record):
    record.add([runs.run(1), runs.run(2, repository="other")])
    assert [run.run for run in record.runs("other")] == [runs.run(2).run]
    assert record.prune("other", Retention(days=1e6, runs=1)) == 0
    assert len(record.runs()) == 2


def test_retention_by_count_keeps_the_newest(record):
    record.add(runs.many(6))
    assert record.prune("https://example.test/shop", Retention(days=1e6, runs=2)) == 4
    assert record.runs() == runs.many(6)[-2:]


def test_retention_by_age(record, monkeypatch):
    record.add(runs.many(6))
    monkeypatch.setattr(time, "time", lambda: runs.begun(4) + 86_400)
    assert record.prune("https://example.test/shop", Retention(days=1, runs=100)) == 4


def test_counts_do_not_fall_when_runs_go(record):
    record.add(runs.many(6))
    before = record.counts("https://example.test/shop")
    assert (before["api-gateway", "deps", "executed"], before["api-gateway", "deps", "cached"]) == (1, 5)
    record.prune("https://example.test/shop", Retention(days=1e6, runs=1))
    assert record.counts("https://example.test/shop") == before
    record.add([runs.many(6)[-1]])
    assert record.counts("https://example.test/shop") == before


def test_several_processes_write_at_a_time(tmp_path):
    path = tmp_path / "history.sqlite"
    environ = {"PYTHONPATH": str(Path(runs.__file__).parent)}
    started = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(100 * n)], env=environ) for n in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    assert len(History(path).runs()) == 40
    assert [found.name for found in tmp_path.iterdir()] == ["history.sqlite"]


def test_a_file_that_is_no_record(tmp_path):
    path = tmp_path / "history.sqlite"
    path.write_text("this is not SQLite, and longer than the header that every database of it begins with" * 20)
    with pytest.raises(HistoryError, match=r"history .*history\.sqlite: file is not a database; move the file away"):
        History(path).add([runs.run(1)])
    with pytest.raises(HistoryError, match="not a database"):
        History(path).runs()


def test_a_record_of_a_later_version(record, tmp_path):
    record.add([runs.run(1)])
    with sqlite3.connect(tmp_path / "state" / "history.sqlite") as database:
        database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(HistoryError, match="a later version of pipeline wrote it"):
        record.add([runs.run(2)])


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="history"):
        History(tmp_path / "file" / "history.sqlite").add([runs.run(1)])


def test_a_report_in_the_record_that_cannot_be_read(record, tmp_path):
    record.add([runs.run(1)])
    with sqlite3.connect(tmp_path / "state" / "history.sqlite") as database:
        database.execute("UPDATE run SET report = '{'")
    database.close()
    with pytest.raises(HistoryError, match="Invalid JSON"):
        record.runs()
