"""A repository's figures for Prometheus: of each service's latest build, and how often the cache ever served.

Label values are bounded: services by pipeline.toml, stages by the graph, results by the list below. What has no bound (a
reason, a message, a digest, a run's id) is in no label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from prometheus_client import CollectorRegistry, generate_latest, push_to_gateway, write_to_textfile
from prometheus_client.exposition import basic_auth_handler, default_handler
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.errors import PipelineError
from pipeline.history import History, HistoryError
from pipeline.history.trends import hit_rate
from pipeline.report.model import Report, ServiceResult, seconds

_JOB = "pipeline"
_PUSH_SECONDS = 5
_PUSHES_AT_ONCE = 8
_RESULTS = {"cached": "hit", "restored": "restored", "executed": "miss", "failed": "miss"}
_BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The latest result of each service of a repository, and how often each stage came to each status."""

    repository: str
    services: tuple[ServiceResult, ...]
    counts: Mapping[tuple[str, str, str], int]


def collect(report: Report, record: History, names: Collection[str]) -> Figures:
    """Return the figures after a run. Of a service that it did not build, the latest recorded result stands; so does the latest scan.

    A record that cannot be read adds nothing to the run's own figures.

    Parameters
    ----------
    names:
        The services that there are.
    """
    latest = {service.service_name: service for service in report.services}
    counts: Mapping[tuple[str, str, str], int] = {}
    try:
        counts = record.counts(report.repository)
        latest |= record.latest(report.repository, set(names) - latest.keys())
        unscanned = {name for name, service in latest.items() if not service.vulnerabilities}
        for name, scanned in record.latest(report.repository, unscanned, scanned=True).items():
            latest[name] = latest[name].model_copy(update={"vulnerabilities": scanned.vulnerabilities})
    except HistoryError:
        pass
    return Figures(report.repository, tuple(latest[name] for name in sorted(latest)), counts)


def exposition(figures: Figures) -> str:
    """Return the figures in Prometheus's text format."""
    return generate_latest(_registry(figures)).decode()


def write(figures: Figures, path: Path) -> None:
    """Write the figures for the node exporter's text file collector, which finds the old file or the new one, never a part.

    Raises
    ------
    PipelineError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(path), _registry(figures))
    except OSError as error:
        msg = f"metrics.textfile {path}: {error.strerror}"
        raise PipelineError(msg, hint="name a file in a folder that can be written to") from error


def push(figures: Figures, names: Collection[str], gateway: str) -> None:
    """Push the figures to a Pushgateway, each service as a group of its own: a build of some leaves the others' standing.

    Parameters
    ----------
    names:
        The services whose figures are pushed.
    gateway:
        Its address; USER:PASSWORD@ in it, encoded as an address has it, is sent as basic authentication.

    Raises
    ------
    PipelineError
        If it does not take them.
    """
    address = urlsplit(gateway if "://" in gateway else f"http://{gateway}")
    user, password = unquote(address.username or ""), unquote(address.password or "")
    place = address.netloc.rpartition("@")[2]
    public = urlunsplit(address._replace(netloc=place))

    def handler(url, method, timeout, headers, data):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the library's form
        if not user:
            return default_handler(url, method, timeout, headers, data)
        return basic_auth_handler(url, method, timeout, headers, data, user, password)

    def one(service: ServiceResult) -> None:
        group = {"repository": figures.repository, "service": service.service_name}
        registry = _registry(Figures(figures.repository, (service,), figures.counts))
        push_to_gateway(public, _JOB, registry, group, timeout=_PUSH_SECONDS, handler=handler)

    with ThreadPoolExecutor(_PUSHES_AT_ONCE) as pool:
        pushes = [pool.submit(one, service) for service in figures.services if service.service_name in names]
        try:
            for pushed in pushes:
                pushed.result()
        except (OSError, ValueError) as error:
            pool.shutdown(cancel_futures=True)
            msg = f"metrics.pushgateway {public}: {error}"
            raise PipelineError(msg, hint="is it the address of a Pushgateway, and is that up?") from error


def _registry(figures: Figures) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    return registry


class _Figures(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from self._services()
        yield from self._stages()
        yield self._counts()

    def _services(self) -> Iterator[Metric]:
        names = ["repository", "service"]
        duration = GaugeMetricFamily("pipeline_service_duration_seconds", "How long the latest build took.", labels=names)
        success = GaugeMetricFamily("pipeline_service_success", "1 if the latest build succeeded, else 0.", labels=names)
        ended = GaugeMetricFamily("pipeline_service_built_timestamp_seconds", "When it began.", labels=names)
        ratio = GaugeMetricFamily("pipeline_cache_hit_ratio", "Stages from a cache, of those it needed.", labels=names)
        size = GaugeMetricFamily("pipeline_image_size_bytes", "The image, compressed.", labels=names)
        told = "What its latest scan found, by severity."
        vulnerabilities = GaugeMetricFamily("pipeline_vulnerabilities", told, labels=[*names, "severity"])
        for service in self._figures.services:
            labels = [self._figures.repository, service.service_name]
            duration.add_metric(labels, service.duration_seconds)
            success.add_metric(labels, float(service.success))
            ended.add_metric(labels, seconds(service.started))
            if service.success:
                ratio.add_metric(labels, hit_rate(service.stages))
            if service.image_size_mb:
                size.add_metric(labels, round(service.image_size_mb * _BYTES_PER_MB))
            if service.vulnerabilities:
                for severity, number in service.vulnerabilities:
                    vulnerabilities.add_metric([*labels, severity], number)
        yield from (duration, success, ended, ratio, size, vulnerabilities)

    def _stages(self) -> Iterator[Metric]:
        names = ["repository", "service", "stage"]
        duration = GaugeMetricFamily("pipeline_stage_duration_seconds", "How long the stage took, if it ran.", labels=names)
        saved = GaugeMetricFamily("pipeline_stage_saved_seconds", "What a cache saved, if it served.", labels=names)
        for service in self._figures.services:
            for stage in service.stages:
                labels = [self._figures.repository, service.service_name, stage.name]
                if stage.status == "executed" and stage.started:
                    duration.add_metric(labels, stage.duration_seconds)
                if stage.saved_seconds:
                    saved.add_metric(labels, stage.saved_seconds)
        yield from (duration, saved)

    def _counts(self) -> Metric:
        names = ["repository", "service", "stage", "result"]
        total = CounterMetricFamily("pipeline_stage_cache", "How often a cache served the stage, and did not.", labels=names)
        shown = {service.service_name for service in self._figures.services}
        numbers: dict[tuple[str, str, str], int] = {}
        for (service, stage, status), number in sorted(self._figures.counts.items()):
            if service in shown and status in _RESULTS:
                key = (service, stage, _RESULTS[status])
                numbers[key] = numbers.get(key, 0) + number
        for key, number in numbers.items():
            total.add_metric([self._figures.repository, *key], number)
        return total
