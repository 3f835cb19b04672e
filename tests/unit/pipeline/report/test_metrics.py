"""Figures for Prometheus: what is in them, and what becomes of them where nobody takes them."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import runs
from prometheus_client.parser import text_string_to_metric_families

from pipeline.config import Config
from pipeline.config.model import Metrics, Service
from pipeline.history import FILE_NAME, History
from pipeline.report import metrics
from pipeline.report.delivery import deliver
from pipeline.report.model import Vulnerabilities

SERVICES = ("api-gateway", "auth-service", "billing")
SHOP = "https://example.test/shop"


@pytest.fixture
def record(tmp_path):
    made = History(tmp_path / FILE_NAME)
    made.add(runs.many(12))
    return made


def samples(text):
    """Return every value by its name, service, stage and result."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("repository") == SHOP
            key = [labels.pop(name) for name in ("service", "stage", "result") if name in labels]
            assert not labels
            found[sample.name, *key] = sample.value
    return found


def configured(**settings):
    return Config(services={name: Service(path=".") for name in SERVICES}, metrics=Metrics(**settings))


def test_figures(record, golden):
    golden("pipeline/metrics.prom", metrics.exposition(metrics.collect(runs.many(12)[-1], record, SERVICES)))


def test_values(record):
    found = samples(metrics.exposition(metrics.collect(runs.many(12)[-1], record, SERVICES)))
    assert found["pipeline_service_success", "billing"] == 0
    assert found["pipeline_service_duration_seconds", "auth-service"] == pytest.approx(2.8)
    assert found["pipeline_image_size_bytes", "api-gateway"] == 50_100_000
    assert found["pipeline_stage_cache_total", "api-gateway", "deps", "hit"] == 11
    assert found["pipeline_stage_cache_total", "api-gateway", "deps", "miss"] == 1
    assert found["pipeline_cache_hit_ratio", "api-gateway"] == 0.5
    assert ("pipeline_cache_hit_ratio", "billing") not in found
    assert ("pipeline_stage_duration_seconds", "api-gateway", "deps") not in found


def test_a_service_that_this_run_did_not_build_keeps_its_figures(record):
    some = runs.run(20, runs.go("auth-service", runs.begun(20), compile_=9, size=4))
    found = samples(metrics.exposition(metrics.collect(some, record, SERVICES)))
    assert found["pipeline_service_duration_seconds", "auth-service"] == 9.7
    assert found["pipeline_image_size_bytes", "api-gateway"] == 50_100_000


def test_a_service_keeps_its_figures_however_often_others_are_built(record):
    billing = runs.failed("billing", runs.begun(12)).model_copy(update={"vulnerabilities": Vulnerabilities(high=2)})
    record.add([runs.run(12, billing)])
    others = [runs.run(number, runs.go("auth-service", runs.begun(number), compile_=9, size=4)) for number in range(20, 225)]
    record.add(others)
    text = metrics.exposition(metrics.collect(others[-1], record, SERVICES))
    assert (
        samples(text.partition("# HELP pipeline_vulnerabilities")[0])["pipeline_image_size_bytes", "api-gateway"] == 50_100_000
    )
    assert 'pipeline_vulnerabilities{repository="https://example.test/shop",service="billing",severity="high"} 2.0' in text


def test_a_service_that_is_gone_is_in_no_figure(record):
    some = runs.run(20, runs.go("auth-service", runs.begun(20), compile_=9, size=4))
    text = metrics.exposition(metrics.collect(some, record, ["auth-service"]))
    assert {key[1] for key in samples(text)} == {"auth-service"}


def test_what_a_scan_found_stands_until_the_next_one(record):
    first, second = (runs.run(number, runs.go("auth-service", runs.begun(number), compile_=1, size=4)) for number in (20, 21))
    found = Vulnerabilities(high=2)
    scanned = first.services[0].model_copy(update={"vulnerabilities": found})
    record.add([first.model_copy(update={"services": (scanned,)})])
    text = metrics.exposition(metrics.collect(second, record, SERVICES))
    assert 'pipeline_vulnerabilities{repository="https://example.test/shop",service="auth-service",severity="high"} 2.0' in text
    assert 'service="api-gateway",severity' not in text


def test_without_a_record_a_run_has_its_own_figures(tmp_path):
    (tmp_path / FILE_NAME).write_text("no database" * 200)
    found = samples(
        metrics.exposition(metrics.collect(runs.run(1, runs.failed("billing", 5)), History(tmp_path / FILE_NAME), SERVICES))
    )
    assert found["pipeline_service_success", "billing"] == 0


def test_the_text_file_is_whole_or_the_old_one(tmp_path):
    told = []
    deliver(runs.many(2)[1], configured(textfile="figures/shop.prom"), tmp_path, tmp_path, told.append)
    assert told == []
    assert "pipeline_service_success" in (tmp_path / "figures" / "shop.prom").read_text()
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["shop.prom"]


def test_a_text_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    told = []
    deliver(runs.many(2)[1], configured(textfile="file/shop.prom"), tmp_path, tmp_path, told.append)
    [line] = told
    assert line.startswith(f"not handed on: metrics.textfile {tmp_path}/file/shop.prom: File exists; name a file in a folder")


@pytest.fixture
def gateway():
    """Something that takes what is pushed, and notes it."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append((self.path, self.headers.get("Authorization"), body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_service_is_pushed_as_a_group_of_its_own(tmp_path, gateway, record):
    address, taken = gateway
    some = runs.run(20, runs.go("auth-service", runs.begun(20), compile_=9, size=4), runs.failed("billing", runs.begun(20)))
    told = []
    deliver(some, configured(pushgateway=f"http://ci:secret@{address}"), tmp_path, tmp_path, told.append)
    assert told == []
    repository = base64.urlsafe_b64encode(SHOP.encode()).decode()
    prefix = f"/metrics/job/pipeline/repository@base64/{repository}"
    assert sorted(path for path, *_ in taken) == [f"{prefix}/service/auth-service", f"{prefix}/service/billing"]
    for path, authorization, body in taken:
        assert base64.b64decode(authorization.split()[1]) == b"ci:secret"
        assert {key[1] for key in samples(body)} == {path.rpartition("/")[2]}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("ci:p%40ss%2Fw%25", b"ci:p@ss/w%"),
        ("team%3Aci:a%C3%BC", "team:ci:aü".encode()),
        ("ci:a+b", b"ci:a+b"),
        ("ci", b"ci:"),
    ],
)
def test_user_and_password_are_sent_as_they_are_and_not_as_an_address_has_them(tmp_path, gateway, given, sent):
    address, taken = gateway
    told = []
    some = runs.run(20, runs.failed("billing", runs.begun(20)))
    deliver(some, configured(pushgateway=f"http://{given}@{address}"), tmp_path, tmp_path, told.append)
    assert told == []
    [(_, authorization, _)] = taken
    assert base64.b64decode(authorization.split()[1]) == sent


def test_a_gateway_that_is_not_there_is_told_without_its_password(tmp_path):
    told = []
    deliver(runs.many(2)[1], configured(pushgateway="http://ci:secret@127.0.0.1:9"), tmp_path, tmp_path, told.append)
    assert len(told) == 1
    assert told[0].startswith("not handed on: metrics.pushgateway http://127.0.0.1:9: ")
    assert "secret" not in told[0]
