"""`make scale`: how time, memory and traffic grow with the number of services, unchanged and with one of them edited.

Each repository is generated and built once; then come the runs that count, each a whole command, and their median. Requests and
solves are counted in a run of their own, which is not timed. The repositories and the engine's state stay from call to call.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import repository

from daglet.embedded import Layout, tools

_COUNTED = Path(__file__).with_name("counted.py")

_BUILDCTL = """\
#!/bin/bash
# What is sent to the engine is told by its progress.
exec "{program}" "$@" 2> >(exec tee --append "{log}" >&2)
"""


@dataclass(frozen=True)
class Run:
    """A whole command: times in seconds, and the largest memory of the pipeline's and of the session's process, in MB.

    `cpu_seconds` is the processors' time of all processes but the engine's: a machine that is busy with others leaves it as it is.
    """

    seconds: float
    cpu_seconds: float
    pipeline_mb: float
    session_mb: float


@dataclass(frozen=True)
class Traffic:
    """What a run asks for: requests of the client to the session, solves of the engine, and MB that the engine was sent."""

    requests: int
    solves: int
    sent_mb: float


class Bench:
    """A generated repository with a state of its own."""

    def __init__(self, work: Path, count: int) -> None:
        self.work = work / str(count)
        self.root = self.work / "repository"
        self.names = repository.names(count)
        if not self.root.exists():
            self.root.mkdir(parents=True)
            repository.write(self.root, self.names)
        self.environ = {**os.environ, "DAGLET_STATE": str(work / "engine"), "PIPELINE_STATE": str(self.work / "pipeline")}

    def run(self, *, edited: bool = False) -> Run:
        """Build, after an edit of one service if need be, and watch the processes that are ours."""
        if edited:
            repository.edit(self.root, self.names[0])
        command = [sys.executable, "-m", "pipeline", "build", "--progress", "quiet"]
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(command, cwd=self.root, env=self.environ, stdout=-3, stderr=subprocess.PIPE) as process:
            peaks: dict[str, float] = {}
            while process.poll() is None:
                _peaks(process.pid, peaks)
                time.sleep(0.05)
            seconds = time.monotonic() - started
            if process.returncode and process.stderr:
                sys.exit(f"{' '.join(command)} failed:\n{process.stderr.read().decode()}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(seconds, cpu, peaks.get("pipeline", 0), peaks.get("daglet", 0))

    def traffic(self, *, edited: bool) -> Traffic:
        """Build once more, through a client of BuildKit's and a client of the session's that are listened to."""
        if edited:
            repository.edit(self.root, self.names[0])
        cache = Layout.from_environment(os.environ).cache
        heard, log, requests = self.work / "heard", self.work / "progress", self.work / "requests"
        program = tools.buildctl(cache)
        (heard / program.parent.name).mkdir(parents=True, exist_ok=True)
        for path in (*cache.iterdir(), *program.parent.iterdir()):
            link = heard / path.relative_to(cache)
            if not link.exists() and path != program:
                link.symlink_to(path)
        wrapper = heard / program.parent.name / program.name
        wrapper.write_text(_BUILDCTL.format(program=program, log=log))
        wrapper.chmod(0o755)
        log.write_text("")
        command = [sys.executable, "-P", "-O", _COUNTED, requests, "build", "--progress", "quiet"]
        subprocess.run(command, cwd=self.root, env={**self.environ, "DAGLET_CACHE": str(heard)}, check=True, stdout=-3)
        sent: dict[tuple[str, str], int] = {}
        solves: set[str] = set()
        for line in log.read_text().splitlines():
            for status in _statuses(line):
                if status["id"].startswith("transferring"):
                    place = (status["vertex"], status["id"] + status["started"])
                    sent[place] = max(sent.get(place, 0), status.get("current", 0))
                    if "dockerfile" in status["id"].lower():
                        solves.add(status["vertex"])
        return Traffic(int(requests.read_text()), len(solves), sum(sent.values()) / 1e6)


def _statuses(line: str) -> list[dict]:
    try:
        return json.loads(line).get("statuses") or []
    except ValueError:
        return []


def _peaks(pid: int, peaks: dict[str, float]) -> None:
    """Take note of the largest memory so far of a process and of its session."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            peak = re.search(r"^VmHWM:\s+(\d+)", (path / "status").read_text(), re.MULTILINE)
        except (OSError, IndexError, ValueError):
            continue
        name = "pipeline" if int(path.name) == pid else "daglet" if parent == pid and b"daglet" in words else ""
        if name and peak:
            peaks[name] = max(peaks.get(name, 0), int(peak[1]) * 1024 / 1e6)


def main() -> None:
    """Print a table, two lines for each number of services."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[1, 40, 200], help="numbers of services")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("dist/scale"), help="where everything is kept from call to call")
    parser.add_argument("--prepare", action="store_true", help="build once, and measure in another call")
    options = parser.parse_args()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    anyio.run(tools.ensure, Layout.from_environment(os.environ).cache, print)
    environ = {**os.environ, "DAGLET_STATE": str(work / "engine")}
    subprocess.run([sys.executable, "-m", "pipeline", "engine", "start"], env=environ, check=True, stdout=-3)
    try:
        benches = [Bench(work, count) for count in options.counts]
        for bench in benches:
            bench.run()
        if not options.prepare:
            _measure(benches, options.rounds)
    finally:
        subprocess.run([sys.executable, "-m", "pipeline", "engine", "stop"], env=environ, check=True, stdout=-3)


def _measure(benches: Sequence[Bench], rounds: int) -> None:
    print("services  change      s   s each more   CPU s  pipeline MB  session MB  requests  solves  MB sent")
    first: dict[str, float] = {}
    for bench in benches:
        for change in ("none", "an edit"):
            edits = change != "none"
            runs = [bench.run(edited=edits) for _ in range(rounds)]
            traffic = bench.traffic(edited=edits)
            seconds = statistics.median(run.seconds for run in runs)
            more = (seconds - first.setdefault(change, seconds)) / max(1, len(bench.names) - len(benches[0].names))
            cpu = statistics.median(run.cpu_seconds for run in runs)
            memory = [max(getattr(run, name) for run in runs) for name in ("pipeline_mb", "session_mb")]
            print(
                f"{len(bench.names):>8}  {change:<8}{seconds:>6.1f}  {more:>12.3f}  {cpu:>6.1f}  {memory[0]:>11.0f}  {memory[1]:>10.0f}"
                f"  {traffic.requests:>8}  {traffic.solves:>6}  {traffic.sent_mb:>7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
