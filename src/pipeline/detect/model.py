"""What a service is, as plain data: all that its stages need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pipeline.detect.found import Found

NEVER_SOURCES = (
    "**/.git",
    "**/node_modules",
    "**/.venv",
    "**/.env",
    "**/.env.*",
    "**/.idea",
    "**/.vscode",
    "**/.DS_Store",
    "**/.github",
    "**/*.md",
    "**/Dockerfile*",
    "**/*.Dockerfile",
    "**/.dockerignore",
    "**/.gitignore",
    "coverage",
    "dist",
)
"""What never belongs in a build, whatever the kind of service."""

NODE_TESTS = ("test", "tests", "**/__tests__", "**/*.test.*", "**/*.spec.*")
GO_TESTS = ("**/*_test.go", "**/testdata")


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which files of a service's folder a stage takes: all of `include` (everything, if empty) but `exclude`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


Probe = str | tuple[str, ...] | Literal[False]
"""How a service is asked for its health: a path, "grpc" or "grpc:PORT", a command, or not at all."""


@dataclass(frozen=True, slots=True)
class Health:
    """A service's health check. `port` is that of gRPC, 0 for the service's own."""

    kind: Literal["http", "grpc", "command", "none"]
    path: str = ""
    port: int = 0
    command: tuple[str, ...] = ()

    @classmethod
    def of(cls, probe: Probe) -> Health:
        """Return the check that a probe describes."""
        if probe is False:
            return cls("none")
        if isinstance(probe, tuple):
            return cls("command", command=probe)
        if probe.startswith("/"):
            return cls("http", path=probe)
        return cls("grpc", port=int(probe.partition(":")[2] or 0))


@dataclass(frozen=True, slots=True)
class NodeService:
    """A Node service.

    Parameters
    ----------
    version:
        The Node version to build and run with: a major ("22") or an exact one.
    build_script:
        The script of package.json that builds, "" where the sources are what runs.
    output:
        The folders that the build makes and the image takes.
    install_manifest:
        package.json as the install sees it: without scripts, so that their edit does not reinstall.
    runtime_manifest:
        package.json as the image holds it: what node reads when it resolves modules.
    settings:
        What was found out, each value with its source.
    """

    kind: ClassVar[Literal["node"]] = "node"

    path: str
    version: str
    build_script: str
    output: tuple[str, ...]
    start: tuple[str, ...]
    port: int
    health: Health
    install_manifest: str
    runtime_manifest: str
    install_files: tuple[str, ...]
    sources: SourceFilter
    check_sources: SourceFilter
    check_scripts: tuple[str, ...]
    release: str = ""
    build_env: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Found[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class GoService:
    """A Go service.

    Parameters
    ----------
    version:
        The Go version, the larger of the `go` and `toolchain` lines.
    main:
        The main package, relative to the module ("./cmd/server").
    config, schema:
        The configuration file that the image takes and its JSON Schema, relative to the folder; "" where there is none.
    settings:
        What was found out, each value with its source.
    """

    kind: ClassVar[Literal["go"]] = "go"

    path: str
    version: str
    module: str
    main: str
    port: int
    health: Health
    ldflags: str
    tags: tuple[str, ...]
    config: str
    schema: str
    ca_certs: bool
    tzdata: bool
    module_files: tuple[str, ...]
    sources: SourceFilter
    check_sources: SourceFilter
    build_env: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Found[Any], ...] = ()
