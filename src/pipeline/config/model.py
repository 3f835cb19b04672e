"""The tables of pipeline.toml as frozen types. Their docstrings are the text of docs/configuration.md and of the JSON Schema."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

FILE_NAME = "pipeline.toml"
PLATFORMS = ("linux/amd64", "linux/arm64")
COMPRESSIONS = ("gzip", "zstd")

Platform = Literal["linux/amd64", "linux/arm64"]
Seconds = Annotated[float, Field(gt=0, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
# Paths are compared with those that files name: `./a/` is `a`.
RelativePath = Annotated[Text, AfterValidator(lambda path: PurePosixPath(path).as_posix())]
Secret = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
Owner = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}(:[0-9]{1,10})?$")]
Probe = Annotated[str, StringConstraints(pattern=r"^(/.*|grpc(:[0-9]{1,5})?)$")]
Address = Annotated[str, StringConstraints(pattern=r"^(tcp|unix|ssh|kube-pod|(docker|podman|nerdctl)-container)://.+$")]
Package = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
PinnedImage = Annotated[str, StringConstraints(pattern=r"^\S+@sha256:[0-9a-f]{64}$")]
StageFunction = Annotated[str, StringConstraints(pattern=r"^[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*$")]


class _Table(BaseModel):
    # The texts are for the documentation, which is made without -O; they are read out of this file's source, which takes time.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        populate_by_name=True,
        use_attribute_docstrings=__debug__,
        protected_namespaces=(),
    )


class Budget(_Table):
    """What a service may cost; over it, the service fails."""

    image_size_mb: Annotated[float, Field(gt=0)] | None = None
    """The image's size in MB, compressed."""
    duration_seconds: Annotated[float, Field(gt=0)] | None = None
    """The build's duration in seconds."""


class Build(_Table):
    """The build stage. Nothing of it is in the image but what the build makes."""

    args: dict[Text, str] = {}
    """Build arguments with their defaults. `--build-arg NAME=VALUE` sets one; `${NAME}` stands for it in `build.env` and `go.vars`."""
    env: dict[Text, str] = {}
    """Variables that the build's commands see and the image does not keep."""
    secrets: dict[Text, Secret] = {}
    """Secrets by the variable that holds them: `env:NAME` or `file:PATH`. One whose name begins with a dot (`.npmrc`, `.netrc`)
    is a file in the build user's home, there for the install or download, too. No cache key, image or log holds them."""
    packages: list[Package] = []
    """Distribution packages that the install and the build need (compilers, headers). No image holds them."""
    before: list[Text] = []
    """Shell commands that run in the build stage before the build itself, in the service's folder."""


class Runtime(_Table):
    """The final image."""

    base: Text | None = None
    """`minimal` (no shell), `shell`, or the address of an image. A shell is chosen where `packages` or `start` need one."""
    packages: list[Package] = []
    """Distribution packages that the service needs when it runs."""
    start: list[Text] | None = None
    """The command that starts the service, in exec form."""


class Node(_Table):
    """A Node service."""

    version: Text | None = None
    """The Node version, a major (`22`) or an exact one."""
    package_manager: Text | None = None
    """The package manager and its version: `npm`, `pnpm@10.34.9`, `yarn@4.18.1`."""
    frozen: bool = True
    """Whether the lockfile decides. `false` builds without one, and two builds may then differ."""
    install_inputs: list[Text] = []
    """Further files that the install reads, as patterns relative to the context."""
    install_env: dict[Text, str] = {}
    """Variables that the install sees."""
    install_scripts: bool | list[Text] | None = None
    """The dependencies whose install scripts run: all (`true`), none (`false`), or a list of names."""
    prod_deps: Literal["install", "prune", "all", "none"] | None = None
    """How production dependencies come about: a second install, the first one pruned, all of the first one, or none at all."""
    workspace: RelativePath | None = None
    """The workspace's root folder, relative to the repository."""
    build: Text | Literal[False] | None = None
    """The script that builds; `false` for none."""
    output: list[RelativePath] | None = None
    """The folders and files that the build makes and the image takes."""
    node_flags: list[Text] = []
    """Flags of node itself (`--enable-source-maps`)."""
    native: bool | None = None
    """Whether dependencies are compiled at install: compilers are then there, in the install stages alone."""


class Go(_Table):
    """A Go service."""

    version: Text | None = None
    """The Go version."""
    main: Text | None = None
    """The main package, relative to the service's folder (`./cmd/server`). It becomes `/bin/app`."""
    binaries: list[Text] = []
    """Further main packages for the same image; each becomes `/bin/NAME`."""
    cgo: Literal[False, "static", "dynamic"] | None = None
    """`false`, `"static"` (a static binary, by musl) or `"dynamic"` (on a base with a C library)."""
    tags: list[Text] = []
    """Build tags."""
    ldflags: str = ""
    """Further linker flags."""
    vars: dict[Text, str] = {}
    """Values of string variables, set by the linker: `"main.version" = "${VERSION}"`."""
    mod: Literal["readonly", "vendor"] | None = None
    """Whether modules are downloaded or lie in `vendor/`."""
    workspace: RelativePath | None = None
    """The folder of go.work, relative to the repository; `"off"` builds without it."""
    ca_certs: bool = True
    """Whether the image holds CA certificates."""
    tzdata: bool | None = None
    """Whether the image holds time zones; by default where a program asks for one."""
    private: list[Text] = []
    """Patterns of modules that no public proxy or checksum database is asked about."""
    config: RelativePath | None = None
    """The configuration file that the image takes, relative to the service's folder."""
    schema_file: RelativePath | None = Field(default=None, alias="schema")
    """The JSON Schema that `config` must fit."""


class Service(_Table):
    """One service. Every key but `path` has a default, most of them detected; `pipeline plan` shows each with its source."""

    path: RelativePath
    """The service's folder, relative to the repository."""
    kind: Literal["node", "go"] | None = None
    """What the service is written in."""
    context: RelativePath | None = None
    """The folder that the build sees: the workspace's root, or one that holds all local modules."""
    include: list[Text] = []
    """Patterns of the files that the build takes, relative to the context; everything where it is empty."""
    exclude: list[Text] = []
    """Patterns of files that the build does not take, beside what `.dockerignore` and no build does. `!README.md` takes one in again."""
    target: Text | None = None
    """The stage to stop at."""
    port: Annotated[int, Field(ge=1, le=65535)] | Literal[False] | None = None
    """The port that the service listens on, `false` where it listens on none."""
    health: Probe | list[Text] | Literal[False] | None = None
    """How the service is asked for its health: a path (HTTP), `grpc` or `grpc:PORT`, a command, or `false`."""
    user: Owner | None = None
    """The user that the service runs as, by number (`1001:1001`)."""
    workdir: Text | None = None
    """The folder that the service starts in."""
    env: dict[Text, str] = {}
    """Variables of the image. `HOME` and `USER` are added where a Go program asks who runs it."""
    labels: dict[Text, str] = {}
    """Labels of the image."""
    writable: list[Text] = []
    """Folders that the service may write to. `/tmp` is added where a Go program writes temporary files."""
    files: list[RelativePath] | None = None
    """Files and folders of the service that it reads when it runs, relative to its folder: templates, static files, migrations."""
    timeout: Seconds = 600
    """How long the build may take, in seconds."""
    tags: list[Text] = []
    """Tags of the image, or whole addresses."""
    platforms: list[Platform] = []
    """The platforms to build for; this machine's where it is empty."""
    stages: dict[Text, StageFunction] = {}
    """Stages replaced by functions of your own: `build = "ci/stages.py:build"`."""
    budget: Budget = Budget()
    build: Build = Build()
    runtime: Runtime = Runtime()
    node: Node = Node()
    go: Go = Go()


class Bases(_Table):
    """Where base images come from, and single ones by their address."""

    origin: Literal["auto", "hub", "packages"] = Field(default="auto", alias="from")
    """`hub` (official images), `packages` (assembled here), or `auto`: the hub where it answers."""
    hub: Text = "docker.io/library"
    """The address that official images are found below."""
    node: Text | None = None
    """The image that Node services are built in and run on."""
    go: Text | None = None
    """The image that Go services are built in."""
    config: Text | None = None
    """The image that small tools are taken from."""


class Cache(_Table):
    """Results of stages in a registry, for runners whose own cache is empty."""

    registry: Text | None = None
    """Where they are: HOST/PATH. Reading it never fails a build."""
    write: bool = False
    """Whether what is missing is written. Leave it off for branches that you do not trust."""
    timeout: Seconds = 10
    """How long an answer may take, in seconds; a pull may take twice as long as the command once took, if that is more."""
    secret: Secret | None = None
    """What entries are signed with, `env:NAME` or `file:PATH`. One that is not signed with it is not taken."""


class Engine(_Table):
    """BuildKits that others run, in the place of the embedded one. `BUILDKIT_HOST` names a single one and wins over `hosts`."""

    hosts: list[Address] = []
    """Their addresses (`tcp://HOST:PORT`, `unix://PATH`). A service keeps to one of them; one that is lost is done without.
    `PIPELINE_ENGINE_HOSTS` wins over it, with commas between addresses."""
    tlscacert: Text | None = None
    """The file of the authority that the servers' certificates are from. `PIPELINE_ENGINE_TLSCACERT` wins over it."""
    tlscert: Text | None = None
    """The file of our own certificate. `PIPELINE_ENGINE_TLSCERT` wins over it."""
    tlskey: Text | None = None
    """The file of our own key. `PIPELINE_ENGINE_TLSKEY` wins over it."""
    tlsservername: Text | None = None
    """The name that the servers' certificates are for, if it is not the addresses'. `PIPELINE_ENGINE_TLSSERVERNAME` wins over it."""

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Engine:
        if bool(self.tlscert) != bool(self.tlskey):
            msg = "a table with both `tlscert` and `tlskey`, or with neither"
            raise ValueError(msg)
        return self


class Doctor(_Table):
    """What `pipeline doctor` leaves out."""

    ignore: list[Text] = []
    """Rules that are not reported: by id (`P10-no-digest`), or a whole family (`P10`)."""
    exclude: list[Text] = []
    """Patterns of files and folders that are not examined, relative to the repository."""


class History(_Table):
    """How much is kept of what earlier runs did, in the user's state folder, for `pipeline report`."""

    keep_days: Annotated[float, Field(gt=0)] = 400
    """For how many days a run is kept."""
    keep_runs: Annotated[int, Field(ge=1)] = 5000
    """How many runs of a repository are kept at most, the newest."""


class ScanTool(_Table):
    """A scanner: `osv-scanner` or `govulncheck`, which are known here, or another by its `image` or `program`."""

    database: Text | None = None
    """A folder with its database; of a known one also an address that it is downloaded from. By default a known one's own."""
    image: PinnedImage | None = None
    """An image that has it, pinned by its digest."""
    program: Text | None = None
    """A file in the repository that is it: a static program, or a script."""
    command: list[Text] = []
    """How it is started. `/scan` has `sbom.cdx.json`, `image` and `database`. It prints CycloneDX, or what a known one prints."""


class Scan(_Table):
    """What `pipeline scan` looks for, and with what."""

    fail_on: Literal["critical", "high", "medium", "low", "never"] = "high"
    """The severity from which on a vulnerability fails the scan. One of unknown severity counts as `high`."""
    ignore: list[Text] = []
    """Vulnerabilities that are accepted, by any of their names: `CVE-2026-1234`."""
    tools: dict[Text, ScanTool] = {}
    """The scanners by their names, osv-scanner alone if there is none. What several find counts once."""


class Metrics(_Table):
    """Where a build's figures go, for Prometheus. Nowhere by default."""

    textfile: Text | None = None
    """A file for the node exporter's text file collector, its name ending in `.prom`. `PIPELINE_METRICS_TEXTFILE` wins over it."""
    pushgateway: Text | None = None
    """The address of a Pushgateway. `PIPELINE_METRICS_PUSHGATEWAY` wins over it, and may hold USER:PASSWORD@."""


class Cost(_Table):
    """The team's own numbers, for `pipeline report cost`."""

    engineers: Annotated[int, Field(ge=1)] = 1
    """How many people build."""
    builds_a_day: Annotated[float, Field(gt=0)] = 1
    """How many builds each of them starts on a working day."""
    minute_price: Annotated[float, Field(ge=0)] = 0.008
    """What a minute of a CI's machine costs, in `currency`."""
    hour_price: Annotated[float, Field(ge=0)] = 0
    """What an hour of an engineer's waiting costs; 0 leaves waiting out of the money."""
    working_days: Annotated[int, Field(ge=1, le=366)] = 250
    """How many days a year people build."""
    currency: Text = "$"
    """What stands before an amount of money."""
    before_seconds: Annotated[float, Field(gt=0)] | None = None
    """How long a build took before. Measured is better; else it is the longest chain of stages, had none been cached."""


class Config(_Table):
    """The whole file."""

    registry: Text | None = None
    """The registry that tags default to: `REGISTRY/SERVICE:TAG`."""
    max_parallel: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: max(1, os.cpu_count() or 1))
    """How many services are built at a time; by default as many as the machine has cores."""
    compression: Literal["gzip", "zstd"] = "gzip"
    """How layers of images are compressed. By `zstd` they are a sixth smaller; Docker knows it from version 23 on."""
    bases: Bases = Bases()
    cache: Cache = Cache()
    engine: Engine = Engine()
    doctor: Doctor = Doctor()
    history: History = History()
    metrics: Metrics = Metrics()
    scan: Scan = Scan()
    cost: Cost = Cost()
    services: dict[str, Service] = Field(min_length=1)
    """The services by their names."""


NEVER_SHIPPED = (".git", ".env", ".env.*")
"""Names of files and folders that belong in no image, even in a folder that is named for it."""

NEVER_SHIPPED_ANYWHERE = tuple(f"**/{name}" for name in NEVER_SHIPPED)
"""The patterns of them in any folder."""
