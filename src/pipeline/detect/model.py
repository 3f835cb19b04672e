"""What a service is, as plain data: all that its stages need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pipeline.detect.found import Found

Probe = str | tuple[str, ...] | Literal[False]
"""How a service is asked for its health: a path, "grpc" or "grpc:PORT", a command, or not at all."""


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which files of a context a stage takes: all of `include` (everything, if empty) but `exclude`, where `!` takes in again."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


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
class Place:
    """Where a service lies.

    Parameters
    ----------
    path:
        Its folder, relative to the repository.
    context:
        The folder that its build sees, relative to the repository.
    folder:
        Its folder, relative to the context; "." where they are the same.
    """

    path: str
    context: str
    folder: str = "."

    def within(self, name: str) -> str:
        """Return a path of the service's as one of the context's."""
        return name if self.folder == "." else self.folder if name == "." else f"{self.folder}/{name}"


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What a final image is given, whatever the kind of service.

    Parameters
    ----------
    port:
        The port that the service listens on, 0 for none.
    workdir:
        The folder that the service starts in, "" for the kind's own.
    files:
        What it reads when it runs, relative to its folder.
    writable:
        Folders that it may write to.
    base:
        "minimal", "shell", or the address of an image.
    packages:
        Distribution packages that it needs.
    """

    port: int
    health: Health
    workdir: str = ""
    files: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    base: str = "minimal"
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What a build stage is given, whatever the kind of service: variables, packages of its base, commands before its own."""

    env: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manager:
    """A package manager; npm is the one that comes with node, so its version is ""."""

    name: Literal["npm", "pnpm", "yarn", "berry"]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Install:
    """How dependencies come about.

    Parameters
    ----------
    manifests:
        Each package.json that the install reads, by its path in the context: without scripts, so that their edit does not
        reinstall.
    files:
        Patterns of what else it reads: lockfile, settings, patches.
    members:
        The folders that get dependencies of their own, the context's root first.
    shipped_members:
        Those of them whose dependencies ship.
    focus:
        The name of the one workspace whose production dependencies are wanted, "" where there is only one.
    scripts:
        The dependencies whose install scripts run; None for all.
    secrets:
        The variables that the package manager's settings name.
    production:
        How production dependencies come about.
    afterwards:
        What is run after an install and changes what it installed: commands of packages, each with its folder.
    compiled:
        Whether dependencies may be compiled.
    compiles_twice:
        Whether an install for production would compile again what that for the build has compiled.
    """

    manager: Manager
    manifests: Mapping[str, str]
    files: tuple[str, ...]
    members: tuple[str, ...] = (".",)
    shipped_members: tuple[str, ...] = (".",)
    focus: str = ""
    frozen: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    scripts: tuple[str, ...] | None = None
    secrets: tuple[str, ...] = ()
    production: Literal["install", "prune", "all", "none"] = "install"
    afterwards: tuple[tuple[str, str], ...] = ()
    compiled: bool = False
    compiles_twice: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """What a build makes and the image takes, both paths relative to the context."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script of a package.json.

    Parameters
    ----------
    folder:
        Where the package is, relative to the context.
    command:
        What it has a shell run, "" where the service's package manager has to run it.
    """

    folder: str
    name: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class NodeService:
    """A Node service.

    Parameters
    ----------
    version:
        The Node version to build and run with: a major ("22") or an exact one.
    builds:
        The scripts that build, in this order; none where the sources are what runs.
    output:
        What the builds make and the image takes.
    runtime_manifests:
        Each package.json as the image holds it, by its path in the context: what node and programs read of it.
    shipped:
        The sources that are what runs, None where all that runs is built.
    settings:
        What was found out, each value with its source.
    """

    kind: ClassVar[Literal["node"]] = "node"

    place: Place
    version: str
    install: Install
    builds: tuple[Script, ...]
    output: tuple[Output, ...]
    start: tuple[str, ...]
    image: ImageSettings
    build: BuildSettings
    runtime_manifests: Mapping[str, str]
    sources: SourceFilter
    shipped: SourceFilter | None
    check_sources: SourceFilter
    check_scripts: tuple[str, ...]
    release: str = ""
    runtime_env: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Found[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class GoService:
    """A Go service.

    Parameters
    ----------
    version:
        The Go version, the larger of the `go` and `toolchain` lines.
    main:
        The main package, relative to the service's folder ("./cmd/server").
    binaries:
        Further main packages of the same image.
    cgo:
        "" without C, else how C is linked.
    mod:
        Whether modules are downloaded or lie in vendor/.
    workspace:
        Whether go.work at the context's root joins the modules.
    workspace_modules:
        Those that others of them require: "PATH@VERSION=./FOLDER", relative to the context.
    config, schema:
        The configuration file that the image takes and its JSON Schema, relative to the folder; "" where there is none.
    module_files:
        Patterns of what the download of modules reads.
    start, subcommand:
        The command that starts it, () for the program with its configuration, and what that is told before.
    runtime_env:
        The image's variables where its programs need some that are not configured.
    settings:
        What was found out, each value with its source.
    """

    kind: ClassVar[Literal["go"]] = "go"

    place: Place
    version: str
    module: str
    main: str
    image: ImageSettings
    build: BuildSettings
    ldflags: str
    tags: tuple[str, ...]
    config: str
    schema: str
    ca_certs: bool
    tzdata: bool
    module_files: tuple[str, ...]
    sources: SourceFilter
    check_sources: SourceFilter
    binaries: tuple[str, ...] = ()
    cgo: Literal["", "static", "dynamic"] = ""
    mod: Literal["readonly", "vendor"] = "readonly"
    workspace: bool = False
    workspace_modules: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    subcommand: tuple[str, ...] = ()
    runtime_env: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Found[Any], ...] = ()
