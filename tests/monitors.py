"""A real Prometheus and a real Pushgateway on loopback, out of distribution packages, without changing the system."""

from __future__ import annotations

import fcntl
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ports

from pipeline.bases.debian import Apt
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform

_PACKAGES = ("prometheus", "prometheus-pushgateway")
_START_SECONDS = 20


def programs() -> Path:
    """Return the folder of prometheus, promtool and prometheus-pushgateway, fetched and unpacked unless they are there."""
    cache = cache_folder()
    target = cache / "test-monitors"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "test-monitors.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            apt = Apt(cache, default_platform().partition("/")[2])
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = Path(work, "made")
                for package in apt.fetch(apt.resolve(_PACKAGES)):
                    subprocess.run(["dpkg-deb", "-x", package, made], check=True)
                made.rename(target)
    return target / "usr" / "bin"


@dataclass(frozen=True)
class Monitors:
    """Their addresses."""

    prometheus: str
    pushgateway: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what Prometheus answers to an expression now."""
        found: list[dict[str, Any]] = self._ask("query", {"query": expression})["result"]
        return found

    def firing(self) -> dict[str, str]:
        """Return the alerts that fire, each with what it says."""
        alerts = self._ask("alerts", {})["alerts"]
        return {alert["labels"]["alertname"]: alert["annotations"]["summary"] for alert in alerts if alert["state"] == "firing"}

    def wait(self, wanted: set[str], seconds: float) -> dict[str, str]:
        """Wait until just these alerts fire, and return what they say."""
        deadline = time.monotonic() + seconds
        while (found := self.firing()).keys() != wanted:
            assert time.monotonic() < deadline, f"firing are {found}, and not {wanted}"
            time.sleep(0.2)
        return found

    def _ask(self, what: str, arguments: dict[str, str]) -> Any:
        address = f"http://{self.prometheus}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)["data"]


@contextmanager
def monitors(folder: Path, rules: str) -> Iterator[Monitors]:
    """Run both for as long as the context lasts, Prometheus with some rules, twice a second."""
    made = Monitors(f"127.0.0.1:{ports.free()}", f"127.0.0.1:{ports.free()}")
    (folder / "rules.yml").write_text(rules, encoding="utf-8")
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\n"
        "rule_files: [rules.yml]\n"
        "scrape_configs:\n"
        f"  - {{job_name: pushgateway, honor_labels: true, static_configs: [{{targets: ['{made.pushgateway}']}}]}}\n"
    )
    with ExitStack() as stack:
        stack.enter_context(_program("prometheus-pushgateway", folder, f"--web.listen-address={made.pushgateway}"))
        options = (f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data")
        stack.enter_context(_program("prometheus", folder, *options, f"--web.listen-address={made.prometheus}"))
        for address in (made.pushgateway, made.prometheus):
            _ready(address, folder)
        yield made


@contextmanager
def _program(name: str, folder: Path, *arguments: str) -> Iterator[None]:
    # Whoever kills the tests leaves no server behind.
    command = ["setpriv", "--pdeathsig", "KILL", programs() / name, *arguments]
    with (folder / f"{name}.log").open("w") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def _ready(address: str, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, "\n".join(log.read_text() for log in folder.glob("*.log"))
            time.sleep(0.1)
