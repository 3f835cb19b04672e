"""`make bench`: whole commands of the pipeline against hand-written Dockerfiles, on one BuildKit, in one run, as ratios.

Every scenario is run in turns, so that a slow minute of the machine hits all sides alike; the medians are compared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import layouts
import peers

from daglet.embedded import Layout, tools

ROOT = Path(__file__).parents[1]
SERVICES = {"api": "api-gateway", "auth": "auth-service"}
CA = "/run/host/ca.pem"


class Bench:
    """One copy of the services, one engine state, and the ways to build from them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.state = work / "state"
        self.layout = Layout.from_environment({**os.environ, "DAGLET_STATE": str(self.state)})
        self.tools = anyio.run(tools.ensure, self.layout.cache, print)
        self.environ = {**os.environ, "DAGLET_STATE": str(self.state), "PIPELINE_STATE": str(work / "pipeline")}
        self.repository = work / "repository"
        self.repository.mkdir()
        ignored = shutil.ignore_patterns("node_modules", "dist")
        shutil.copytree(ROOT / "services", self.repository / "services", ignore=ignored)
        shutil.copy(ROOT / "pipeline.toml", self.repository)
        self.bases: list[str] = []
        self.bare = peers.Bare(work, ROOT / "services")
        self.edits = 0

    def pipeline(self, names: list[str]) -> None:
        """Build with the pipeline: the whole command."""
        chosen = [SERVICES[name] for name in names]
        self.call([sys.executable, "-m", "pipeline", "build", "--progress", "quiet", *chosen])

    def dockerfiles(self, kind: str) -> Callable[[list[str]], None]:
        """Return what builds with Dockerfiles of a kind: one buildctl a service, at the same time."""

        def build(names: list[str]) -> None:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda name: self._buildctl(kind, name), names))

        return build

    def _buildctl(self, kind: str, name: str) -> None:
        target = self.work / "dist" / f"{kind}-{name}.tar"
        target.parent.mkdir(exist_ok=True)
        secrets = [f"--secret=id={variable},env=BENCH_CA" for variable in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")]
        if bundle := os.environ.get("SSL_CERT_FILE"):
            secrets.append(f"--secret=id=ca,src={bundle}")
        command = [str(self.tools.buildctl), "--addr", self.layout.address, "build", "--progress=plain"]
        command += ["--frontend=dockerfile.v0", f"--local=context={self.repository}/services/{name}"]
        command += [f"--local=dockerfile={ROOT}/bench/{kind}", f"--opt=filename={name}.Dockerfile", *secrets, *self.bases]
        self.call([*command, f"--output=type=oci,dest={target}"])

    def call(self, command: list[str]) -> None:
        """Run a command to its end; its output is shown where it fails."""
        environ = {**self.environ, "BENCH_CA": CA}
        done = subprocess.run(command, cwd=self.repository, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")

    def engine(self, action: str) -> None:
        """Call `pipeline engine …`."""
        self.call([sys.executable, "-m", "pipeline", "engine", action])

    def find_bases(self) -> None:
        """Give the Dockerfiles the bases that the pipeline's own build has just used, as ready layouts."""
        self.bases = layouts.arguments(self.repository, self.work / "layouts")

    def edit(self, what: str) -> None:
        """Make an edit that no build has seen."""
        self.edits += 1
        for services in (self.repository / "services", self.bare.services):
            self._edit(services, what)

    def _edit(self, services: Path, what: str) -> None:
        if what == "source edit":
            (services / "api/src/edited.ts").write_text(f"export const edited = {self.edits};\n")
            (services / "auth/cmd/server/edited.go").write_text(f"package main\n\nvar Edited = {self.edits}\n")
        elif what == "lockfile edit":
            for path in (services / "api/package.json", services / "api/package-lock.json"):
                path.write_text(path.read_text().replace('"version": "1.0.', f'"version": "1.0.{self.edits}', 1))
            with (services / "auth/go.sum").open("a") as file:
                file.write(f"example.com/edited{self.edits} v1.0.0/go.mod h1:{'A' * 43}=\n")
        elif what == "config edit":
            path = services / "auth/config/production.yaml"
            path.write_text(path.read_text() + f"# {self.edits}\n")


Build = Callable[[list[str]], None]

SCENARIOS = ("unchanged", "source edit", "config edit", "lockfile edit", "cold")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="builds of each side, of which the median counts")
    parser.add_argument("--naive-rounds", type=int, default=1, help="builds with the naive Dockerfiles, which take long")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this one (repeatable)")
    parser.add_argument("--together", action="store_true", help="both services at once only, not each alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder))
        bench.engine("start")
        try:
            bench.pipeline(list(SERVICES))
            bench.find_bases()
            with peers.ko(bench.work, bench.repository / "services/auth") as ko:
                measure(bench, ko, options)
        finally:
            bench.engine("stop")


def measure(bench: Bench, ko: list[str], options: argparse.Namespace) -> None:
    """Measure each scenario, for both services at once and for each alone."""
    for group in [list(SERVICES), *([] if options.together else [[name] for name in SERVICES])]:
        for scenario in options.scenario or SCENARIOS:
            sides: dict[str, tuple[Build, int]] = {
                "pipeline": (bench.pipeline, options.rounds),
                "hand-written": (bench.dockerfiles("handwritten"), options.rounds),
                "naive": (bench.dockerfiles("naive"), options.naive_rounds),
            }
            if scenario in {"unchanged", "source edit"}:
                if group == ["auth"]:
                    sides["ko"] = lambda _: bench.call(ko), options.rounds
                sides["toolchain"] = bench.bare.build, options.rounds
            if scenario != "config edit" or "auth" in group:
                report(bench, scenario, group, sides)


def report(bench: Bench, scenario: str, names: list[str], sides: dict[str, tuple[Build, int]]) -> None:
    """Measure one scenario and print its medians, and the ratios of the pipeline's to the others that are no limit."""
    times: dict[str, list[float]] = {side: [] for side, (_, rounds) in sides.items() if rounds}
    if scenario != "cold":
        for side in times:
            sides[side][0](names)
    for number in range(max(rounds for _, rounds in sides.values())):
        for side, measured in times.items():
            build, rounds = sides[side]
            if number < rounds:
                measured.append(timed(bench, scenario, lambda build=build: build(names)))
    medians = {side: statistics.median(values) for side, values in times.items()}
    shown = "  ".join(f"{side} {value:6.2f} s" for side, value in medians.items())
    ratios = "  ".join(
        f"{medians['pipeline'] / medians[side]:.2f} of {side}" for side in ("hand-written", "ko") if side in medians
    )
    print(f"{'+'.join(names):<9}  {scenario:<13}  {shown}  {ratios}", flush=True)


def timed(bench: Bench, scenario: str, build: Callable[[], None]) -> float:
    """Return the seconds that a build takes after the scenario's edit."""
    if scenario == "cold":
        bench.engine("prune")
        bench.engine("start")
    bench.edit(scenario)
    started = time.perf_counter()
    build()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
