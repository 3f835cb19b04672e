"""A run as a trace, taken in by a receiver that speaks OTLP by the protocol's own types."""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import runs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from registries import hanging

from pipeline.config import Config
from pipeline.config.model import Service
from pipeline.report import traces
from pipeline.report.delivery import deliver

CONFIG = Config(services={"api": Service(path=".")})
REPORT = runs.many(12)[-1]


class Receiver(ThreadingHTTPServer):
    """An OTLP receiver over HTTP on a loopback port."""

    def __init__(self):
        self.spans, self.resources, self.headers, self.status = {}, {}, {}, 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.take(ExportTraceServiceRequest.FromString(body), self.headers)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(receiver.status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    def take(self, request, headers):
        self.headers = dict(headers)
        for resource in request.resource_spans:
            self.resources |= values(resource.resource)
            for scope in resource.scope_spans:
                names = {span.span_id: span.name for span in scope.spans}
                for span in scope.spans:
                    self.spans[names.get(span.parent_span_id, ""), span.name] = span


@pytest.fixture
def receiver(monkeypatch):
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def values(item):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes}


def delivered(tmp_path):
    told = []
    deliver(REPORT, CONFIG, tmp_path, tmp_path, told.append)
    return told


def test_spans_by_run_service_and_stage(receiver, tmp_path):
    assert delivered(tmp_path) == []
    run = receiver.spans["", "build"]
    assert values(run)["cicd.pipeline.run.id"] == REPORT.run
    assert {name for parent, name in receiver.spans if parent == "build"} == {"api-gateway", "auth-service", "billing"}
    assert {name for parent, name in receiver.spans if parent == "api-gateway"} == {"deps", "build", "prod-deps", "runtime"}
    assert {span.trace_id for span in receiver.spans.values()} == {run.trace_id}
    assert receiver.resources["service.name"] == "pipeline"


def test_times_are_those_of_the_run(receiver, tmp_path):
    delivered(tmp_path)
    build, service = receiver.spans["api-gateway", "build"], receiver.spans["build", "api-gateway"]
    assert (build.end_time_unix_nano - build.start_time_unix_nano) / 1e9 == pytest.approx(4.4)
    assert (build.start_time_unix_nano - service.start_time_unix_nano) / 1e9 == pytest.approx(0.3)
    assert service.start_time_unix_nano / 1e9 == pytest.approx(runs.begun(11) + 0.1)
    cached = receiver.spans["api-gateway", "deps"]
    assert cached.start_time_unix_nano == cached.end_time_unix_nano


def test_the_cache_and_failures_are_in_the_attributes(receiver, tmp_path):
    delivered(tmp_path)
    assert values(receiver.spans["api-gateway", "deps"])["pipeline.cache.result"] == "hit"
    assert values(receiver.spans["api-gateway", "deps"])["pipeline.cache.saved_seconds"] == 10.3
    built = values(receiver.spans["api-gateway", "build"])
    assert (built["pipeline.cache.result"], built["pipeline.stage.reason"]) == ("miss", "file: src/index.ts")
    billing = receiver.spans["build", "billing"]
    assert values(billing)["cicd.pipeline.task.run.result"] == "failure"
    assert billing.status.code == billing.status.STATUS_CODE_ERROR
    assert "syntax error" in billing.status.message
    assert ("billing", "runtime") not in receiver.spans


def test_a_cis_own_trace_goes_on(receiver, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20word")
    delivered(tmp_path)
    run = receiver.spans["", "build"]
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert receiver.headers["authorization"] == "Bearer word"


def test_a_collector_that_refuses_is_told(receiver, tmp_path, caplog):
    receiver.status = 400
    [line] = delivered(tmp_path)
    assert line.startswith("not handed on: traces: the collector that OTEL_EXPORTER_OTLP_ENDPOINT names did not take them")
    assert caplog.text == ""


def test_one_that_never_answers_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(traces, "_SEND_SECONDS", 0.3)
    with hanging() as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
        began = time.monotonic()
        [line] = delivered(tmp_path)
    assert line.startswith("not handed on: traces: the collector that OTEL_EXPORTER_OTLP_ENDPOINT names did not take them")
    assert time.monotonic() - began < 10


def test_nothing_is_sent_where_it_is_switched_off(receiver, tmp_path, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert delivered(tmp_path) == []
    assert receiver.spans == {}
