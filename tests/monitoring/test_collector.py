"""A run as a trace, in a real OpenTelemetry Collector: what it took in, and what is told where it does not."""

from __future__ import annotations

import os

import ports
import pytest
import runs
from collectors import collector
from remotes import certificates

from pipeline.config import Config
from pipeline.config.model import Service
from pipeline.report.delivery import deliver

REPORT = runs.many(12)[-1]
CONFIG = Config(services={"api-gateway": Service(path=".")})
PREFIX = "OTEL_EXPORTER_OTLP"
BASE, TRACES = f"{PREFIX}_ENDPOINT", f"{PREFIX}_TRACES_ENDPOINT"
REFUSED = "not handed on: traces: the collector that {} names did not take them; it is to be "
ERROR = f"{REFUSED.format(BASE)}the address of an OTLP receiver over HTTP, port 4318 by convention"
PLACES = {
    ("", "build"),
    *(("build", service) for service in ("api-gateway", "auth-service", "billing")),
    *(("api-gateway", stage) for stage in ("deps", "build", "prod-deps", "runtime")),
    *(("auth-service", stage) for stage in ("deps", "build", "config", "runtime")),
    ("billing", "build"),
}
"""The names of the spans' parents, and their own. A stage that was skipped has none."""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in os.environ:
        if name.startswith(("OTEL_", "TRACEPARENT")):
            monkeypatch.delenv(name)


def delivered(folder, report=REPORT):
    told = []
    deliver(report, CONFIG, folder, folder, told.append)
    return told


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Deliver a run to a collector of its own, and return the spans that it then has."""

    def take(report=REPORT):
        with collector(tmp_path) as shop:
            monkeypatch.setenv(BASE, f"http://127.0.0.1:{shop.http}")
            assert delivered(tmp_path, report) == []
        return shop.spans()

    return take


def nanoseconds(span):
    return int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])


def test_a_run_arrives_whole(taken):
    spans = taken()
    assert spans.keys() == PLACES
    run = spans["", "build"]
    assert {span["traceId"] for span in spans.values()} == {run["traceId"]}
    assert run.get("parentSpanId", "") == ""
    assert run["resource"]["service.name"] == "pipeline"
    assert run["attributes"] == {
        "cicd.pipeline.name": "https://example.test/shop",
        "cicd.pipeline.run.id": f"{11:016x}",
        "cicd.pipeline.result": "failure",
        "vcs.repository.url.full": "https://example.test/shop",
        "vcs.ref.head.revision": REPORT.revision,
        "pipeline.engine": "buildkit v0.34.2",
        "pipeline.cache.hit_ratio": REPORT.cache_hit_rate,
    }
    assert spans["build", "api-gateway"]["attributes"] == {
        "cicd.pipeline.task.name": "api-gateway",
        "cicd.pipeline.task.run.result": "success",
        "pipeline.service.kind": "node",
        "pipeline.image.digest": "sha256:" + "ab" * 32,
        "pipeline.image.size": 50_100_000,
    }


def test_times_are_kept_to_the_millisecond(taken):
    spans = taken()
    start, end = nanoseconds(spans["", "build"])
    assert start / 1e9 == pytest.approx(runs.begun(11), abs=1e-3)
    assert (end - start) / 1e9 == pytest.approx(REPORT.duration_seconds, abs=1e-3)
    begins = {name: (nanoseconds(span)[0] - start) / 1e9 for (parent, name), span in spans.items() if parent == "build"}
    assert begins == pytest.approx({"api-gateway": 0.1, "auth-service": 0.2, "billing": 0.3}, abs=1e-3)
    start, end = nanoseconds(spans["build", "api-gateway"])
    assert (end - start) / 1e9 == pytest.approx(REPORT.services[0].duration_seconds, abs=1e-3)
    start, end = nanoseconds(spans["api-gateway", "build"])
    assert (end - start) / 1e9 == pytest.approx(4.4, abs=1e-3)


def test_what_a_cache_gave_and_what_ran(taken):
    spans = taken()
    assert spans["api-gateway", "deps"]["attributes"] == {
        "cicd.pipeline.task.name": "api-gateway/deps",
        "pipeline.cache.result": "hit",
        "pipeline.cache.saved_seconds": 10.3,
        "pipeline.stage.reason": "",
    }
    start, end = nanoseconds(spans["api-gateway", "deps"])
    assert start == end
    ran = spans["api-gateway", "build"]["attributes"]
    assert (ran["pipeline.cache.result"], ran["pipeline.stage.reason"]) == ("miss", "file: src/index.ts")


def test_a_failure_is_an_error_with_what_was_said(taken):
    spans = taken()
    errors = {place: span["status"].get("message") for place, span in spans.items() if span["status"].get("code") == 2}
    assert errors == {
        ("", "build"): "a service was not built",
        ("build", "billing"): REPORT.services[-1].error_message,
        ("billing", "build"): "failed",
    }
    assert {span["status"]["code"] for place, span in spans.items() if place not in errors} == {1}
    assert spans["build", "billing"]["attributes"]["cicd.pipeline.task.run.result"] == "failure"


def test_two_hundred_services_are_one_trace(taken):
    services = [runs.node(f"service-{number}", runs.begun(0), install=2, compile_=3, size=30) for number in range(200)]
    spans = taken(runs.run(0, *services))
    assert len(spans) == 1 + 200 * 5
    assert len({span["traceId"] for span in spans.values()}) == 1


def test_a_cis_own_trace_and_names_go_on(taken, monkeypatch):
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop-ci,deployment.environment.name=nightly")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    run = taken()["", "build"]
    assert (run["traceId"], run["parentSpanId"]) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert run["resource"]["service.name"] == "shop-ci"
    assert run["resource"]["deployment.environment.name"] == "nightly"


def secured(folder):
    """Make certificates in a folder, and return the settings of a server that wants its clients to have one of them."""
    certificates(folder, "IP:127.0.0.1")
    files = {"cert_file": "server.pem", "key_file": "server.key", "client_ca_file": "ca.pem"}
    return {key: str(folder / file) for key, file in files.items()}


@pytest.mark.parametrize("elsewhere", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_mutual_tls_where_other_programs_have_an_authority_of_theirs(tmp_path, monkeypatch, elsewhere):
    (tmp_path / "others").mkdir()
    certificates(tmp_path / "others")
    monkeypatch.setenv(elsewhere, str(tmp_path / "others" / "ca.pem"))
    with collector(tmp_path, tls=secured(tmp_path)) as shop:
        monkeypatch.setenv(BASE, f"https://127.0.0.1:{shop.http}")
        monkeypatch.setenv(f"{PREFIX}_CERTIFICATE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv(f"{PREFIX}_CLIENT_CERTIFICATE", str(tmp_path / "client.pem"))
        monkeypatch.setenv(f"{PREFIX}_CLIENT_KEY", str(tmp_path / "client.key"))
        assert delivered(tmp_path) == []
    assert shop.spans().keys() == PLACES


def test_one_who_proves_nothing_is_refused(tmp_path, monkeypatch):
    with collector(tmp_path, tls=secured(tmp_path)) as shop:
        monkeypatch.setenv(BASE, f"https://127.0.0.1:{shop.http}")
        monkeypatch.setenv(f"{PREFIX}_CERTIFICATE", str(tmp_path / "ca.pem"))
        assert delivered(tmp_path) == [ERROR]
    assert shop.spans() == {}


def test_an_address_of_its_own_for_traces(tmp_path, monkeypatch):
    with collector(tmp_path) as shop:
        monkeypatch.setenv(BASE, f"http://127.0.0.1:{ports.free()}")
        monkeypatch.setenv(TRACES, f"http://127.0.0.1:{shop.http}")
        assert delivered(tmp_path) == [
            f"{REFUSED.format(TRACES)}the whole address of an OTLP receiver over HTTP, with its path: /v1/traces by convention"
        ]
        monkeypatch.setenv(TRACES, f"http://127.0.0.1:{shop.http}/v1/traces")
        assert delivered(tmp_path) == []
    assert shop.spans().keys() == PLACES


@pytest.mark.parametrize(
    ("port", "settings"), [("grpc", {}), ("http", {"max_request_body_size": 100})], ids=["gRPC", "too small"]
)
def test_what_a_collector_does_not_take_is_one_error(tmp_path, monkeypatch, caplog, port, settings):
    with collector(tmp_path, **settings) as shop:
        monkeypatch.setenv(BASE, f"http://127.0.0.1:{getattr(shop, port)}")
        assert delivered(tmp_path) == [ERROR]
    assert shop.spans() == {}
    assert caplog.text == ""


def test_one_that_has_gone_is_the_same_error(tmp_path, monkeypatch, caplog):
    with collector(tmp_path) as shop:
        monkeypatch.setenv(BASE, f"http://127.0.0.1:{shop.http}")
        assert delivered(tmp_path) == []
    assert delivered(tmp_path) == [ERROR]
    assert caplog.text == ""
