"""A real headless browser, out of distribution packages, driven by its WebDriver, without changing the system."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.bases.debian import Apt
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform

_BROWSER = "chromium-headless-shell"
_DRIVER = "chromium-driver"
_SYSTEMS_OWN = re.compile(
    r"(libc6|libgcc-s1|libllvm\d+|libz3-4|libgl1-mesa-dri|x11-.*|sysvinit-.*|lsb-.*|debconf|libx(aw|ft|mu|pm|t)\w*)$"
)
_START_SECONDS = 30


@dataclass(frozen=True)
class Browser:
    """A session of the browser's, by its address."""

    session: str

    def open(self, page: Path, width: int, height: int, scheme: str) -> None:
        """Open a file as a device of some width and height in CSS pixels would, in a "light" or "dark" scheme."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}
        self._tell("Emulation.setDeviceMetricsOverride", metrics)
        self._tell("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        _ask(f"{self.session}/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        """Return what a script returns."""
        return _ask(f"{self.session}/execute/sync", {"script": script, "args": []})

    def console(self) -> list[str]:
        """Return what stands on the console since it was last asked for."""
        return [entry["message"] for entry in _ask(f"{self.session}/se/log", {"type": "browser"})]

    def screenshot(self) -> bytes:
        """Return what is to be seen, as PNG."""
        return base64.b64decode(_ask(f"{self.session}/screenshot"))

    def _tell(self, command: str, arguments: dict[str, Any]) -> None:
        _ask(f"{self.session}/goog/cdp/execute", {"cmd": command, "params": arguments})


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Run a browser for as long as the context lasts. `folder` is for what it leaves behind."""
    programs = _programs()
    libraries = sorted({str(path.parent) for path in programs.glob("**/*-linux-gnu/**/*.so*")})
    environ = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries), "HOME": str(folder), "TMPDIR": str(folder)}
    log = folder / "driver.log"
    # Whoever kills the tests leaves no driver behind, and the driver ends its browser.
    command = ["setpriv", "--pdeathsig", "TERM", programs / "usr/bin/chromedriver", "--port=0"]
    with log.open("w") as file, subprocess.Popen(command, env=environ, stdout=file, stderr=file) as process:
        try:
            address = f"http://127.0.0.1:{_port(process, log)}/session"
            options = {
                "binary": str(next(programs.glob("usr/lib/chromium*/chromium-headless-shell"))),
                "args": ["--no-sandbox", "--disable-gpu"],
            }
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = _ask(address, {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            yield Browser(f"{address}/{session}")
            urllib.request.urlopen(urllib.request.Request(f"{address}/{session}", method="DELETE"), timeout=20).close()
        finally:
            process.terminate()


def _programs() -> Path:
    cache = cache_folder()
    target = cache / "test-browser"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "test-browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            apt = Apt(cache, default_platform().partition("/")[2])
            names = [name for name in apt.closure([_BROWSER]) if not _SYSTEMS_OWN.match(name)]
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = Path(work, "made")
                for package in apt.fetch(apt.resolve([*names, _DRIVER])):
                    subprocess.run(["dpkg-deb", "-x", package, made], check=True)
                made.rename(target)
    return target


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"started successfully on port (\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def _ask(address: str, arguments: dict[str, Any] | None = None) -> Any:
    body = None if arguments is None else json.dumps(arguments).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]
