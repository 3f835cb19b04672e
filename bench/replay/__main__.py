"""`make replay`: a history of commits, each built on an empty engine with only a registry shared.

The pipeline with its cache of stages stands against hand-written Dockerfiles with BuildKit's registry cache (`mode=max`),
and against naive ones with none. Results are kept in the work folder after each build, and a run goes on where the last one
ended, so a long measurement can be made in pieces.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import sys
import time
from dataclasses import asdict
from pathlib import Path

from history import Commit, history
from sides import Build, Machine, prepare

from tools import tools

_SIDES = ("pipeline", "handwritten", "naive")
_QUANTILES = 20


def main() -> None:
    """Build what is missing, and print what is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=40, help="the length of the history")
    parser.add_argument("--work", type=Path, default=Path("dist/replay"), help="where everything is kept meanwhile")
    parser.add_argument("--minutes", type=float, default=600, help="begin no further build after this time")
    parser.add_argument("--naive-every", type=int, default=8, help="build every so many commits with the naive Dockerfiles")
    options = parser.parse_args()
    # Whoever ends it early leaves no engine behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended early: a further run goes on from here"))
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    commits = [Commit(0, "first", ""), *history(options.commits)]
    results = Results(work / "results.jsonl")
    deadline = time.monotonic() + 60 * options.minutes
    with tools().registry(folder_of(work, "registry"), logged=True) as registry:
        for commit in commits:
            repository = at(work, commits, commit)
            for side in _SIDES:
                wanted = side != "naive" or (commit.number and commit.number % options.naive_every == 0)
                if wanted and not results.has(commit, side) and time.monotonic() < deadline:
                    with Machine(work, repository, registry.address, registry.log).running() as machine:
                        results.add(commit, side, machine.timed(side))
    print(report(results, work / "registry"))


def folder_of(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir(exist_ok=True)
    return folder


def at(work: Path, commits: list[Commit], commit: Commit) -> Path:
    """Return the repository as of a commit."""
    shutil.rmtree(work / "repository", ignore_errors=True)
    repository = prepare(work)
    for earlier in commits[1 : commit.number + 1]:
        earlier.apply(repository)
    return repository


class Results:
    """What was measured, a line a build."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def has(self, commit: Commit, side: str) -> bool:
        """Whether a build was measured."""
        return any((row["number"], row["side"]) == (commit.number, side) for row in self.rows)

    def add(self, commit: Commit, side: str, build: Build) -> None:
        """Keep and print what a build took."""
        row = {**asdict(commit), "side": side, **asdict(build)}
        self.rows.append(row)
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        executed = [name for name, status in build.stages.items() if status == "executed"]
        print(
            f"{commit.number:>3} {commit.kind:<9} {commit.service:<5} {side:<12} {build.seconds:6.1f} s  {build.pulled / 1e6:6.1f} MB"
            f"  {' '.join(executed)}",
            flush=True,
        )


def report(results: Results, storage: Path) -> str:
    """Return the figures: the first commit fills the caches and is not counted."""
    lines = []
    rows = [row for row in results.rows if row["number"]]
    for side in _SIDES:
        seconds = [row["seconds"] for row in rows if row["side"] == side]
        if seconds:
            p50, p95 = statistics.median(seconds), quantile(seconds)
            bytes_ = statistics.median(row["pulled"] for row in rows if row["side"] == side) / 1e6
            lines.append(
                f"{side:<12}  {len(seconds):>3} commits  p50 {p50:6.1f} s  p95 {p95:6.1f} s  {bytes_:6.1f} MB pulled (p50)"
            )
    lines.append(hits(results))
    for name, folder in (("pipeline", "stages"), ("handwritten api", "api"), ("handwritten auth", "auth")):
        lines.append(f"stored by {name:<16}  {stored(storage, folder) / 1e6:7.1f} MB")
    return "\n".join(lines)


def quantile(values: list[float]) -> float:
    return statistics.quantiles(values, n=_QUANTILES)[-1] if len(values) > 1 else values[0]


def hits(results: Results) -> str:
    """Return how many stages with a command did not run: of all, and of those whose inputs an earlier commit had built."""
    rows = [row for row in results.rows if row["side"] == "pipeline"]
    statuses = [(row, name, status) for row in rows if row["number"] for name, status in row["stages"].items()]
    ran = [(row, name) for row, name, status in statuses if status == "executed"]
    avoidable = [name for row, name in ran if not changes(row, name)]
    possible = len(statuses) - len(ran) + len(avoidable)
    return (
        f"stages with a command: {len(statuses)}, not run {1 - len(ran) / max(1, len(statuses)):.1%}; "
        f"of the {possible} with inputs built before, not run {1 - len(avoidable) / max(1, possible):.1%}"
    )


def changes(row: dict, stage: str) -> bool:
    """Whether a commit changes what a stage depends on."""
    service, _, name = stage.partition("/")
    if not service.startswith(row["service"]):
        return False
    return row["kind"] in {"lockfile", "base"} or (row["kind"] == "source" and name == "build")


def stored(storage: Path, repository: str) -> int:
    """Return the bytes of the blobs that a repository of the registry links to, each counted once."""
    root = storage / "images/docker/registry/v2"
    links = (root / "repositories" / repository / "_layers" / "sha256").glob("*")
    return sum((root / "blobs/sha256" / link.name[:2] / link.name / "data").stat().st_size for link in links)


if __name__ == "__main__":
    main()
