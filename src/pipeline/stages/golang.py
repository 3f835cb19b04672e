"""The stages of a Go service: deps, build, config, runtime (G1 to G5).

go.mod + go.sum ─▶ deps ─▶ build ─┐
config/production.yaml ─▶ config ─┴▶ runtime
"""

from __future__ import annotations

import dagger
from dagger import dag

from pipeline.detect.model import GoService
from pipeline.graph import Inputs, ServiceGraph, Stage
from pipeline.stages.context import BUILD_USER, Context
from pipeline.stages.image import configured, layer
from pipeline.stages.stamp import stamped

_SRC = "/src"
_OUT = "/out"
_BUILD_CACHE = "/var/cache/go-build"
_MODULE_CACHE = "/var/cache/go-mod"
_USER = "1001:1001"
_CONFIG = "/etc/app/config.yaml"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_ZONES = "/usr/local/go/lib/time/zoneinfo.zip"

GO_VARIABLES = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE")
"""Settings of the user's own Go that say where modules come from. An empty one means Go's default."""

# The modules lie in the stage's own file system: a step restored from a cache brings them along, a cache volume would
# not. The volume is a proxy that is asked first and learns what was downloaded.
_DOWNLOAD = f"""\
GOPROXY="file://{_MODULE_CACHE},$(go env GOPROXY)" go mod download
go mod verify
cp -r -u /go/pkg/mod/cache/download/. {_MODULE_CACHE}/ 2>/dev/null || true
"""

# An ELF program without interpreter (3) and dynamic section (2) needs no loader, and so runs in an empty image.
_COMPILE = """\
go build -trimpath -buildvcs=false -tags "$GO_TAGS" -ldflags "$GO_LDFLAGS" -o /out/app "$GO_MAIN"
number() { od -An -v -t "u$1" -j "$2" -N "$1" /out/app | tr -d ' '; }
offset=$(number 8 32)
count=$(number 2 56)
while [ "$count" -gt 0 ]; do
  case $(number 4 "$offset") in 2 | 3) dynamic=yes ;; esac
  offset=$((offset + 56)) count=$((count - 1))
done
[ -z "${dynamic:-}" ] && exit 0
echo 'the binary is not static: an empty image has no loader and no C library for it' >&2
go version -m /out/app | grep -E 'CGO_ENABLED|-buildmode|-linkmode|GOFLAGS' >&2
for package in $(go list -deps -f '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}' "$GO_MAIN"); do
  go mod why "$package" >&2
done
[ "$CGO_ENABLED" = 0 ] || echo 'CGO_ENABLED is not 0' >&2
exit 1
"""

# The official image does not know the build user, whose home would then be a folder that it may not write to.
_GO_ENV = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0", "HOME": "/tmp"}  # noqa: S108


def graph(service: GoService, context: Context) -> ServiceGraph:
    """Return the stages of a Go service."""
    deps = _deps(service, context)
    config = _config(service, context)
    stages = [deps]
    images: list[dagger.Container] = []
    builds = [_build(service, context, deps, platform) for platform in context.platforms]
    stages += [*builds, *([config] if config else [])]
    for build, platform in zip(builds, context.platforms, strict=True):
        runtime = _runtime(service, context, build, config, platform)
        stages.append(runtime)
        images.append(runtime.container)
    return ServiceGraph(context.service, service.kind, tuple(stages), tuple(images))


def _toolchain(service: GoService, context: Context, stage: str) -> dagger.Container:
    base = context.bases.container("go-build", service.version, context.build_platform)
    container = context.named(base, stage).with_user(BUILD_USER).with_workdir(_SRC)
    for name, value in _GO_ENV.items():
        container = container.with_env_variable(name, value)
    return container


def _deps(service: GoService, context: Context) -> Stage:
    manifests = context.source.filter(include=list(service.module_files))
    container = (
        _toolchain(service, context, "deps")
        .with_directory(_SRC, manifests, owner=BUILD_USER)
        .with_mounted_cache(_MODULE_CACHE, dag.cache_volume("pipeline-go-mod"), owner=BUILD_USER)
    )
    for name in GO_VARIABLES:
        container = container.with_volatile_variable(name, context.host.go.get(name, ""))
    command = ("sh", "-ec", _DOWNLOAD)
    container = stamped(container, "deps", command, context.run).without_mount(_MODULE_CACHE)
    for name in GO_VARIABLES:
        container = container.without_volatile_variable(name)
    base = context.bases.describe("go-build", service.version, context.build_platform)
    return Stage(
        name="deps",
        needs=(),
        container=container,
        inputs=Inputs(base=base.title, command=command, variables=_GO_ENV, sources={"manifests": manifests}),
    )


def _compiler(service: GoService, context: Context, deps: Stage, stage: str) -> dagger.Container:
    container = (
        context.named(deps.container, stage)
        .with_directory(_OUT, dag.directory(), owner=BUILD_USER)
        .with_mounted_cache(_BUILD_CACHE, dag.cache_volume("pipeline-go-build"), owner=BUILD_USER)
        .with_env_variable("GOCACHE", _BUILD_CACHE)
        # All modules are there by now; one that is not was never verified.
        .with_env_variable("GOPROXY", "off")
    )
    for name, value in service.build_env.items():
        container = container.with_env_variable(name, value)
    for name, secret in context.secrets.items():
        container = container.with_secret_variable(name, secret)
    return container


def _build(service: GoService, context: Context, deps: Stage, platform: str) -> Stage:
    name = f"build{context.suffix(platform)}"
    sources = context.files(service.sources)
    variables = {
        "GOOS": platform.partition("/")[0],
        "GOARCH": platform.partition("/")[2],
        "GO_MAIN": service.main,
        "GO_TAGS": ",".join(service.tags),
        "GO_LDFLAGS": service.ldflags,
    }
    container = _compiler(service, context, deps, name).with_directory(_SRC, sources, owner=BUILD_USER)
    for variable, value in variables.items():
        container = container.with_env_variable(variable, value)
    command = ("sh", "-ec", _COMPILE)
    return Stage(
        name=name,
        needs=("deps",),
        container=stamped(container, name, command, context.run),
        inputs=Inputs(command=command, variables={**variables, **service.build_env}, sources={"sources": sources}),
    )


def check(service: GoService, context: Context, script: str) -> dagger.Container:
    """Return the container in which one of Go's own checks ("vet" or "test") has run."""
    deps = _deps(service, context)
    sources = context.files(service.check_sources)
    container = _compiler(service, context, deps, script).with_directory(_SRC, sources, owner=BUILD_USER)
    return container.with_exec(["go", script, "./..."])


def _config(service: GoService, context: Context) -> Stage | None:
    if not service.config:
        return None
    source = context.source.filter(include=[service.config])
    folder = layer({_CONFIG: source.file(service.config)})
    container = context.named(dag.container(platform=dagger.Platform(context.platforms[0])), "config").with_directory(
        "/", folder
    )
    return Stage(name="config", needs=(), container=container, inputs=Inputs(sources={"config": source}))


def _runtime(service: GoService, context: Context, build: Stage, config: Stage | None, platform: str) -> Stage:
    name = f"runtime{context.suffix(platform)}"
    toolchain = context.bases.container("go-build", service.version, context.build_platform)
    container = context.named(dag.container(platform=dagger.Platform(platform)), name)
    env = dict(context.env)
    shared: dict[str, dagger.Directory | dagger.File] = {}
    if service.ca_certs:
        shared[_CERTIFICATES] = toolchain.file(_CERTIFICATES)
    if service.tzdata:
        shared["/usr/share/zoneinfo.zip"] = toolchain.file(_ZONES)
        env = {"ZONEINFO": "/usr/share/zoneinfo.zip", **env}
    if shared:
        container = container.with_directory("/", layer(shared))
    container = container.with_directory("/", layer({"/bin/app": build.container.file(f"{_OUT}/app")}))
    if config:
        container = container.with_directory("/", config.container.rootfs())
    labels = {**context.labels, "org.opencontainers.image.base.name": "scratch"}
    container = configured(container, user=context.user or _USER, port=service.port, env=env, labels=labels)
    container = container.with_entrypoint(["/bin/app"])
    if config:
        container = container.with_default_args(["--config", _CONFIG])
    return Stage(
        name=name,
        needs=(build.name, *(("config",) if config else ())),
        container=container,
        inputs=Inputs(base="scratch", variables=env),
    )
