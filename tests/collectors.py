"""A real OpenTelemetry Collector on loopback, and what it wrote of the traces that came in."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ports

from pipeline.folders import cache_folder
from pipeline.gotools import COMMAND, SETTINGS

_SOURCES = Path(__file__).parents[1] / "tools" / "collector"
_START_SECONDS = 20


@dataclass(frozen=True)
class Collector:
    """Its ports for OTLP over HTTP and over gRPC, and the file that it has written whole once it has ended."""

    http: int
    grpc: int
    written: Path

    def spans(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the spans of the traces by the names of their parents, "" for none that came in, and their own.

        They are as OTLP has them in JSON, but for the attributes, which are values by name; `resource` are those of what sent it.
        """
        found = {}
        for line in self.written.read_text(encoding="utf-8").splitlines():
            for sent in json.loads(line)["resourceSpans"]:
                resource = _values(sent["resource"])
                spans = [span for scope in sent["scopeSpans"] for span in scope["spans"]]
                names = {span["spanId"]: span["name"] for span in spans}
                for span in spans:
                    whole = {**span, "attributes": _values(span), "resource": resource}
                    found[names.get(span.get("parentSpanId"), ""), span["name"]] = whole
        return found


def program() -> Path:
    """Return where the collector is, built unless it is there: one to two minutes, the first time."""
    cache = cache_folder()
    made = hashlib.sha256(platform.machine().encode())
    for path in sorted(_SOURCES.iterdir()):
        made.update(path.read_bytes())
    target = cache / "test-collector" / made.hexdigest()[:12]
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "test-collector.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                command = [*COMMAND, "-o", f"{work}/made/", "."]
                done = subprocess.run(
                    command, cwd=_SOURCES, env={**os.environ, **SETTINGS}, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr
                target.parent.mkdir(exist_ok=True)
                Path(work, "made").rename(target)
    return target / "collector"


@contextmanager
def collector(folder: Path, **over_http: Any) -> Iterator[Collector]:
    """Run one for as long as the context lasts, what it takes over HTTP set up by the keys of its receiver."""
    made = Collector(ports.free(), ports.free(), folder / "traces.json")
    http = {"endpoint": f"127.0.0.1:{made.http}", **over_http}
    receiver = {"protocols": {"http": http, "grpc": {"endpoint": f"127.0.0.1:{made.grpc}"}}}
    settings = {
        "receivers": {"otlp": receiver},
        "exporters": {"file": {"path": str(made.written)}},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["file"]}},
            # Figures of its own would be on a port that others may have.
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    # Its settings are YAML, which JSON is.
    (folder / "collector.yml").write_text(json.dumps(settings), encoding="utf-8")
    log = folder / "collector.log"
    # Whoever kills the tests leaves no collector behind.
    command = ["setpriv", "--pdeathsig", "KILL", program(), "--config", folder / "collector.yml"]
    with log.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            _ready(process, log)
            yield made
        finally:
            process.terminate()


def _ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "Everything is ready" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _values(item: dict[str, Any]) -> dict[str, Any]:
    """Return attributes by name. JSON has whole numbers of OTLP, of 64 bits, as strings."""
    found = {}
    for pair in item["attributes"]:
        [(kind, value)] = pair["value"].items()
        found[pair["key"]] = int(value) if kind == "intValue" else value
    return found
