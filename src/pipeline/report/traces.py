"""A run as an OpenTelemetry trace: a span for the run, for each service and for each stage, with the times that they had.

Sent once the run is over, by the endpoint, headers and certificates that OTEL_EXPORTER_OTLP_… name. Attribute names are those of
the semantic conventions for CI/CD where there are any. Source: OpenTelemetry's "CI/CD" attribute registry.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pipeline.errors import PipelineError
from pipeline.report.model import Report, ServiceResult, StageResult, seconds

_SEND_SECONDS = 5
_ADDRESSES = {
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "the whole address of an OTLP receiver over HTTP, with its path: /v1/traces by convention",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "the address of an OTLP receiver over HTTP, port 4318 by convention",
}
"""What each of the variables that name a collector is to be: the one of traces alone, which wins, and the one of all."""

_NANOSECONDS = 1_000_000_000
_RESULTS = {"built": "success", "failed": "failure", "timeout": "timeout", "cancelled": "cancellation", "error": "error"}
_CACHE = {"cached": "hit", "restored": "restored", "executed": "miss", "failed": "miss"}


def send(report: Report, environ: Mapping[str, str]) -> None:
    """Send a run to the collector. TRACEPARENT, where a CI sets it, is the span that the run belongs to.

    Raises
    ------
    PipelineError
        If the collector does not take it.
    """
    # What the library would log as well is told as the one error.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporter = OTLPSpanExporter(timeout=_SEND_SECONDS, session=_Session())
    try:
        sent = exporter.export(list(spans(report, environ)))
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]  # the library's own
    if sent is not SpanExportResult.SUCCESS:
        own, shared = _ADDRESSES
        name = own if environ.get(own) else shared
        msg = f"traces: the collector that {name} names did not take them"
        raise PipelineError(msg, hint=f"it is to be {_ADDRESSES[name]}")


def spans(report: Report, environ: Mapping[str, str]) -> Iterator[ReadableSpan]:
    """Yield the spans of a run, each after its children."""
    ended = _Ended()
    # What the environment says of the sender wins over the name that it has here.
    sender = Resource.create({"service.name": "pipeline"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=sender)
    provider.add_span_processor(ended)
    tracer = provider.get_tracer("pipeline")
    parent = TraceContextTextMapPropagator().extract({"traceparent": environ.get("TRACEPARENT", "")})
    begun = seconds(report.started)
    run = tracer.start_span("build", parent, start_time=_time(begun), attributes=_run(report))
    inside = set_span_in_context(run)
    for service in report.services:
        _service(tracer, inside, service)
    _end(run, begun + report.duration_seconds, "" if report.success else "a service was not built")
    yield from ended.spans


def _run(report: Report) -> dict[str, str | float]:
    return {
        "cicd.pipeline.name": report.repository,
        "cicd.pipeline.run.id": report.run,
        "cicd.pipeline.result": "success" if report.success else "failure",
        "vcs.repository.url.full": report.repository,
        "vcs.ref.head.revision": report.revision,
        "pipeline.engine": f"{report.engine.name} {report.engine.version}",
        "pipeline.cache.hit_ratio": report.cache_hit_rate,
    }


def _service(tracer: Tracer, parent: Context, service: ServiceResult) -> None:
    begun = seconds(service.started)
    attributes: dict[str, str | float] = {
        "cicd.pipeline.task.name": service.service_name,
        "cicd.pipeline.task.run.result": _RESULTS[service.status],
        "pipeline.service.kind": service.kind,
        "pipeline.image.digest": service.image_digest,
        "pipeline.image.size": round(service.image_size_mb * 1_000_000),
    }
    span = tracer.start_span(service.service_name, parent, start_time=_time(begun), attributes=attributes)
    inside = set_span_in_context(span)
    for stage in service.stages:
        if stage.status != "skipped":
            _stage(tracer, inside, service, stage)
    _end(span, begun + service.duration_seconds, service.error_message)


def _stage(tracer: Tracer, parent: Context, service: ServiceResult, stage: StageResult) -> None:
    """Make a stage's span. One that did not run, or whose time is not known, is a moment: the start of its service."""
    begun = seconds(stage.started or service.started)
    attributes: dict[str, str | float] = {
        "cicd.pipeline.task.name": f"{service.service_name}/{stage.name}",
        "pipeline.cache.result": _CACHE[stage.status],
        "pipeline.cache.saved_seconds": stage.saved_seconds,
        "pipeline.stage.reason": stage.reason,
    }
    span = tracer.start_span(stage.name, parent, start_time=_time(begun), attributes=attributes)
    _end(span, begun + (stage.duration_seconds if stage.started else 0.0), "failed" if stage.status == "failed" else "")


def _end(span: Span, at: float, error: str) -> None:
    span.set_status(Status(StatusCode.ERROR, error) if error else Status(StatusCode.OK))
    span.end(_time(at))


def _time(moment: float) -> int:
    return round(moment * _NANOSECONDS)


class _Ended(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class _Session(requests.Session):
    """Connections on which OTEL_EXPORTER_OTLP_CERTIFICATE wins over REQUESTS_CA_BUNDLE, which is of all that is asked."""

    def merge_environment_settings(self, url: str, proxies: Any, stream: Any, verify: Any, cert: Any) -> dict[str, Any]:
        return super().merge_environment_settings(url, proxies, stream, self.verify if verify is None else verify, cert)
