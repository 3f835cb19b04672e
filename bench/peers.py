"""Other ways to the same programs: `ko` for a Go service, and the toolchains alone, on the host, as the limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import anyio

from pipeline.bases.oci import make_layer, write_archive
from pipeline.folders import cache_folder
from pipeline.gotools import Tool, program
from pipeline.stages.context import default_platform
from tools import tools

_KO = Tool("bench", "github.com/google/ko", "two minutes")
_SETTINGS = """\
builds:
- id: server
  main: ./cmd/server
  env: [CGO_ENABLED=0]
  flags: [-trimpath]
  ldflags: [-s, -w]
"""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@contextmanager
def ko(work: Path, service: Path) -> Iterator[list[str]]:
    """Yield the command that builds a Go service's image with ko, on a base of certificates in a registry on loopback."""
    found = anyio.run(program, _KO, cache_folder(), print)
    layer = make_layer(
        work / "base.layer", 1, lambda tree: tree.file(str(_CERTIFICATES).lstrip("/"), _CERTIFICATES.read_bytes())
    )
    write_archive(work / "base.tar", default_platform(), [layer], {})
    (work / ".ko.yaml").write_text(_SETTINGS)
    folder = work / "registry"
    folder.mkdir()
    with tools().registry(folder) as registry:
        base = f"{registry.address}/base:1"
        tools().skopeo(
            "copy", "--insecure-policy", "--dest-tls-verify=false", f"oci-archive:{work}/base.tar", f"docker://{base}"
        )
        variables = {"KO_DOCKER_REPO": f"{registry.address}/ko", "KO_DEFAULTBASEIMAGE": base, "KO_CONFIG_PATH": str(work)}
        arguments = ["build", "--push=false", "--sbom=none", f"--platform={default_platform()}", f"--tarball={work}/ko.tar"]
        assignments = [f"{name}={value}" for name, value in variables.items()]
        yield ["env", f"--chdir={service}", *assignments, str(found), *arguments, "./cmd/server"]


class Bare:
    """Copies of the services that are compiled where they lie, with what they depend on installed."""

    def __init__(self, work: Path, services: Path) -> None:
        self.services = work / "bare"
        shutil.copytree(services, self.services, ignore=shutil.ignore_patterns("node_modules", "dist"))
        self._call("api", ["npm", "ci", "--no-audit", "--no-fund"])

    def build(self, names: list[str]) -> None:
        """Compile services at the same time."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._compile, names))

    def _compile(self, name: str) -> None:
        go = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", os.devnull, "./cmd/server"]
        self._call(name, ["npm", "run", "--silent", "build"] if name == "api" else go)

    def _call(self, name: str, command: list[str]) -> None:
        environ = {**os.environ, "CGO_ENABLED": "0"}
        done = subprocess.run(command, cwd=self.services / name, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
