"""The ways to build a commit on a machine that has nothing but what a registry shares."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import layouts

from daglet.embedded import Layout, tools

ROOT = Path(__file__).parents[2]
SERVICES = {"api": "api-gateway", "auth": "auth-service"}
CA = "/run/host/ca.pem"

_DISK_BYTES = 20 << 30


@dataclass(frozen=True)
class Build:
    """What a build took: seconds, bytes that came from the registry, and the statuses of stages that run a command."""

    seconds: float
    pulled: int
    stages: dict[str, str]


class Machine:
    """A runner with an empty engine; the programs and the bases that every side needs are there."""

    def __init__(self, work: Path, repository: Path, registry: str, log: Path) -> None:
        self.state, self.repository, self.registry, self.log = work / "machine", repository, registry, log
        self.environ = {
            **os.environ,
            "DAGLET_STATE": str(self.state / "daglet"),
            "PIPELINE_STATE": str(self.state / "pipeline"),
            "BENCH_CA": CA,
        }
        self.layout = Layout.from_environment(self.environ)

    @contextmanager
    def running(self) -> Iterator[Machine]:
        """Keep the engine up. It starts before the clock does, on every side."""
        with _disk(self.state):
            self._pipeline("engine", "start")
            try:
                yield self
            finally:
                self._pipeline("engine", "stop")

    def timed(self, side: str) -> Build:
        """Build both services in one of the ways."""
        self._configure()
        before, started = pulled(self.log), time.perf_counter()
        stages = getattr(self, side)()
        return Build(time.perf_counter() - started, pulled(self.log) - before, stages)

    def pipeline(self) -> dict[str, str]:
        """Build with the pipeline and its cache of stages."""
        self._pipeline("build", "--progress=quiet", f"--cache-registry={self.registry}/stages", "--cache-write")
        report = json.loads((self.repository / "dist/report.json").read_text())
        return {
            f"{service['service_name']}/{stage['name']}": stage["status"]
            for service in report["services"]
            for stage in service["stages"]
            if stage["name"] not in {"runtime", "config"}
        }

    def handwritten(self) -> dict[str, str]:
        """Build with careful Dockerfiles, and BuildKit's own cache in the registry."""
        self._dockerfiles("handwritten", shared=True)
        return {}

    def naive(self) -> dict[str, str]:
        """Build with careless Dockerfiles, and no cache."""
        self._dockerfiles("naive", shared=False)
        return {}

    def _configure(self) -> None:
        """Write the commit's version of Node into its configuration, from which every side has its bases."""
        version = (self.repository / "node-version").read_text()
        config = (ROOT / "pipeline.toml").read_text().partition("# What the benchmark")[0]
        (self.repository / "pipeline.toml").write_text(f'{config}\n[services.api-gateway.node]\nversion = "{version}"\n')

    def _dockerfiles(self, kind: str, *, shared: bool) -> None:
        bases = self._bases()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self._buildctl(kind, name, bases, shared=shared), SERVICES))

    def _buildctl(self, kind: str, name: str, bases: list[str], *, shared: bool) -> None:
        target = self.state / f"{name}.tar"
        secrets = [f"--secret=id={variable},env=BENCH_CA" for variable in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")]
        if bundle := os.environ.get("SSL_CERT_FILE"):
            secrets.append(f"--secret=id=ca,src={bundle}")
        command = [str(tools.buildctl(self.layout.cache)), "--addr", self.layout.address, "build", "--progress=plain"]
        command += ["--frontend=dockerfile.v0", f"--local=context={self.repository}/services/{name}"]
        command += [f"--local=dockerfile={ROOT}/bench/{kind}", f"--opt=filename={name}.Dockerfile", *secrets, *bases]
        if shared:
            place = f"type=registry,ref={self.registry}/{name}:cache"
            command += [f"--export-cache={place},mode=max,oci-mediatypes=true,image-manifest=true", f"--import-cache={place}"]
        self._call([*command, f"--output=type=oci,dest={target}"])

    def _bases(self) -> list[str]:
        """Return the bases that the pipeline's own build uses, as ready layouts."""
        return layouts.arguments(self.repository, self.state.parent / "layouts")

    def _pipeline(self, *arguments: str) -> None:
        self._call([sys.executable, "-m", "pipeline", *arguments])

    def _call(self, command: list[str]) -> None:
        done = subprocess.run(command, cwd=self.repository, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command[:6])} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Have a new file system in a folder for as long as the context lasts.

    Where the files of the machine before were removed, ext4 looks through all of them for each file that it makes, for minutes:
    unpacking takes ten times as long there, and no runner's disk is like that.
    """
    image = folder.with_suffix(".img")
    folder.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(_DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
        image.unlink()


def pulled(log: Path) -> int:
    """Return the bytes that a registry has given out, as its access log tells."""
    return sum(int(found) for found in re.findall(r'"GET /v2/\S+ HTTP/1\.\d" 20\d (\d+)', log.read_text()))


def prepare(work: Path) -> Path:
    """Make a copy of the sample services, and what no side is measured with: programs and bases."""
    repository = work / "repository"
    if not repository.exists():
        shutil.copytree(ROOT / "services", repository / "services", ignore=shutil.ignore_patterns("node_modules", "dist"))
        (repository / "node-version").write_text("22")
    anyio.run(tools.ensure, Layout.from_environment(os.environ).cache, print)
    return repository
