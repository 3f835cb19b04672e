"""The stages of a Go service: deps, build, config, runtime (G1 to G5).

go.mod + go.sum ─▶ deps ─▶ build ─┐
config/production.yaml ─▶ config ─┴▶ runtime
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace

import dagger
from dagger import dag

from pipeline.detect.model import GoService
from pipeline.errors import UsageError
from pipeline.graph import Inputs, Kept, ServiceGraph, Stage, Volume
from pipeline.stages.context import BUILD_USER, Context
from pipeline.stages.golang_image import OUT, as_layers, config_place, from_toolchain, runtime
from pipeline.stages.image import layer
from pipeline.stages.stage import laid_over, stage

_SRC = "/src"
_MODULES = "/go/pkg/mod"
_HOME = "/tmp"  # noqa: S108 - the build user's, whom the official image does not know
_BUILD_CACHE = "/var/cache/go-build"
_MODULE_CACHE = "/var/cache/go-mod"

GO_VARIABLES = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE")
"""Settings of the user's own Go that say where modules come from. An empty one means Go's default."""

# The modules lie in the stage's own file system: a step restored from a cache brings them along, a cache volume would
# not. The volume is a proxy that is asked first and learns what was downloaded.
_DOWNLOAD = f"""\
GOPROXY="file://{_MODULE_CACHE},$(go env GOPROXY)" go mod download
go mod verify
cp -r -u /go/pkg/mod/cache/download/. {_MODULE_CACHE}/ 2>/dev/null || true
"""

_COMPILE = """\
go build -trimpath -buildvcs=false -tags "$GO_TAGS" -ldflags "$GO_LDFLAGS" -o /out/app "$GO_MAIN"
"""

_COMPILE_OTHERS = """\
for package in $GO_BINARIES; do
  go build -trimpath -buildvcs=false -tags "$GO_TAGS" -ldflags "$GO_LDFLAGS" -o "/out/${package##*/}" "$package"
done
"""

# An ELF program without interpreter (3) and dynamic section (2) needs no loader, and so runs in an empty image. Its program
# headers have 56 bytes each, of which the first word is the type.
_PROVE_STATIC = """\
for program in /out/*; do
  set -- $(od -An -v -t u8 -j 32 -N 8 "$program") $(od -An -v -t u2 -j 56 -N 2 "$program")
  ! od -An -v -t u4 -w56 -j "$1" -N "$(($2 * 56))" "$program" | grep -q '^ *[23] ' || dynamic=$program
done
[ -z "${dynamic:-}" ] && exit 0
echo 'the binary is not static: an empty image has no loader and no C library for it' >&2
go version -m "$dynamic" | grep -E 'CGO_ENABLED|-buildmode|-linkmode|GOFLAGS' >&2
for package in $(go list -deps -f '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}' "$GO_MAIN"); do
  go mod why "$package" >&2
done
[ "$CGO_ENABLED" = 0 ] || echo 'CGO_ENABLED is not 0' >&2
exit 1
"""

_COMPILED = "/compiled"
_NOT_ITS_OWN = "{{if .Module}}{{if not .Module.Main}}{{.Export}}{{end}}{{else}}{{.Export}}{{end}}"

# What other versions of the service find of use: the packages that are not its own, and what Go knows of the folders of their
# sources (an index each; it sets the time of one that it uses, unless that is less than an hour old). The same packages are to be
# the same bytes, so when each was made, the end of its note, is left out.
_COPY_COMPILED = f"""\
packages=$(go list -deps -export -trimpath -tags "$GO_TAGS" -f '{_NOT_ITS_OWN}' "$GO_MAIN" $GO_BINARIES)
cd {_BUILD_CACHE}
indices=$(find . -name '*-d' -size -2048k -mmin -90 -exec grep -la '^go index' {{}} + | while read -r index; do
  grep -qa '{_SRC}/' "$index" && ! grep -qa 'go/src/' "$index" || echo "$index"
done)
names=$(printf '%s\\n' "$packages" "$indices" | sed -n 's|.*/\\(.*\\)-d$|\\1|p')
{{
  echo "$names" | grep -rlF --include='*-a' -f - .
  echo "$names" | sed 's|^\\(..\\).*|\\1/&-d|'
}} | xargs cp --parents -t {_COMPILED}
find {_COMPILED} -name '*-a' -exec sed -i 's/ [ 0-9]\\{{20\\}}$/{1:21}/' {{}} +
"""

# Go sets the time of a file that it uses, unless that is less than an hour old, and in a mounted folder the file is copied
# for that: a second for the sample. This is the latest time that the Dagger API can be told.
_NEW = 2**31 - 1

_C_COMPILER = {"static": "musl-gcc", "dynamic": "gcc"}


def graph(service: GoService, context: Context) -> ServiceGraph:
    """Return the stages of a Go service."""
    deps = _deps(service, context)
    config = _config(service, context)
    stages = [deps]
    images: list[dagger.Container] = []
    builds = [_build(service, context, deps, platform) for platform in context.platforms]
    stages += [*builds, *([config] if config else [])]
    for build, platform in zip(builds, context.platforms, strict=True):
        last = runtime(service, context, build, config, platform)
        stages.append(last)
        images.append(last.container)
    return ServiceGraph(context.service, service.kind, tuple(stages), tuple(images))


def _environment(service: GoService) -> dict[str, str]:
    found = {"GOTOOLCHAIN": "local", "GOFLAGS": _flags(service), "CGO_ENABLED": "0", "HOME": _HOME}
    if service.cgo:
        found |= {"CGO_ENABLED": "1", "CC": _C_COMPILER[service.cgo]}
    return found


def _flags(service: GoService) -> str:
    """Return the flags of every command: nothing for debuggers is compiled where the linker leaves it out (`-w`)."""
    wanted = any(word.startswith("-w=") for word in service.ldflags.split())
    return f"-mod={service.mod}" if wanted else f"-mod={service.mod} -gcflags=all=-dwarf=false"


def _surroundings(service: GoService, secrets: Iterable[str]) -> dict[str, str]:
    """Return what the commands of a service's stages meet beside their own inputs."""
    beside = {"packages": " ".join(service.build.packages), "secrets": " ".join(sorted(secrets))}
    return {"user": BUILD_USER, "workdir": _home(service), **beside}


def _home(service: GoService) -> str:
    return _SRC if service.place.folder == "." else f"{_SRC}/{service.place.folder}"


def _toolchain(service: GoService, context: Context, stage_name: str) -> dagger.Container:
    base = context.bases.container("go-build", service.version, context.build_platform, service.build.packages)
    container = context.named(base, stage_name).with_user(BUILD_USER).with_workdir(_home(service))
    for name, value in _environment(service).items():
        container = container.with_env_variable(name, value)
    return container


def _deps(service: GoService, context: Context) -> Stage:
    manifests = context.source.filter(include=list(service.module_files))
    container = _toolchain(service, context, "deps").with_directory(_SRC, manifests, owner=BUILD_USER)
    base = context.bases.describe("go-build", service.version, context.build_platform, service.build.packages)
    # What is vendored is there: the stage is the modules' own, and downloads nothing.
    run = () if service.mod == "vendor" else ("sh", "-ec", _download(service))
    inputs = Inputs(
        base=base.title,
        command=run,
        variables=_environment(service),
        sources={"manifests": manifests},
        digest=base.digest,
        surroundings=_surroundings(service, context.secret_files),
    )
    if not run:
        return stage(context, "deps", (), container, inputs)
    container = container.with_mounted_cache(_MODULE_CACHE, context.volume("pipeline-go-mod"), owner=BUILD_USER)
    for name, secret in context.secret_files.items():
        container = container.with_mounted_secret(f"{_HOME}/{name}", secret, owner=BUILD_USER)
    for name in GO_VARIABLES:
        own = service.private if name == "GOPRIVATE" else ()
        value = ",".join(filter(None, (context.host.go.get(name, ""), *own)))
        container = container.with_volatile_variable(name, value)

    def finish(container: dagger.Container) -> dagger.Container:
        container = container.without_mount(_MODULE_CACHE)
        for name in context.secret_files:
            container = container.without_mount(f"{_HOME}/{name}")
        for name in GO_VARIABLES:
            container = container.without_volatile_variable(name)
        return container

    # What was unpacked is what is compiled; the archives that it came in are not read again.
    kept = Kept((_MODULES,), exclude=("cache/download/**/*.zip",), starts=True)
    lay = laid_over if context.replaced else _mounted
    return stage(context, "deps", (), container, inputs, finish=finish, kept=kept, lay=lay)


def _mounted(container: dagger.Container, known: dagger.Container) -> dagger.Container:
    """Return a container with restored modules mounted where they were: only commands read them, and copying takes longer."""
    return container.with_mounted_directory(_MODULES, known.directory(_MODULES))


def _download(service: GoService) -> str:
    """Return the script that downloads modules, those of the workspace itself left out."""
    if not service.workspace_modules:
        return _DOWNLOAD
    known = " ".join(f"-replace={item}" for item in service.workspace_modules)
    return f"cp {_SRC}/go.work /tmp/go.work.own\ngo work edit {known}\n{_DOWNLOAD}cp /tmp/go.work.own {_SRC}/go.work\n"


def _compiler(service: GoService, context: Context, deps: Stage, stage_name: str) -> dagger.Container:
    container = (
        context.named(deps.container, stage_name)
        .with_directory(OUT, dag.directory(), owner=BUILD_USER)
        .with_env_variable("GOCACHE", _BUILD_CACHE)
        # All modules are there by now; one that is not was never verified.
        .with_env_variable("GOPROXY", "off")
    )
    container = context.with_volume(container, stage_name, _BUILD_CACHE, "pipeline-go-build", _COMPILED)
    for name, value in service.build.env.items():
        container = container.with_env_variable(name, value)
    for name, secret in context.secret_variables.items():
        container = container.with_secret_variable(name, secret)
    return container


def _build(service: GoService, context: Context, deps: Stage, platform: str) -> Stage:
    if service.cgo and platform != context.build_platform:
        msg = f"C is compiled for the machine's own platform alone, and {platform} is another"
        raise UsageError(msg, service=context.service, hint="leave out that platform, or set `go.cgo = false`")
    name = f"build{context.suffix(platform)}"
    sources = context.files(service.sources)
    variables = {
        "GOOS": platform.partition("/")[0],
        "GOARCH": platform.partition("/")[2],
        "GO_MAIN": service.main,
        "GO_TAGS": ",".join(service.tags),
        "GO_LDFLAGS": service.ldflags,
    }
    if service.binaries:
        variables["GO_BINARIES"] = " ".join(service.binaries)
    container = _compiler(service, context, deps, name).with_directory(_SRC, sources, owner=BUILD_USER)
    for variable, value in variables.items():
        container = container.with_env_variable(variable, value)
    built = stage(
        context,
        "build",
        ("deps",),
        container,
        Inputs(
            command=("sh", "-ec", _script(service)),
            variables={**variables, **service.build.env},
            sources={"sources": sources},
            surroundings=_surroundings(service, context.secret_variables),
        ),
        platform=platform,
        kept=Kept((OUT,), beside=from_toolchain(service, context), timestamp=None),
    )
    if not built.kept:
        return built
    return as_layers(service, context, replace(built, volume=_compiled(service, built, variables)), platform)


def _compiled(service: GoService, built: Stage, variables: Mapping[str, str]) -> Volume:
    """Return the compiled packages that a build has used or made. How they are linked, and into what, does not count."""
    container = built.container.with_directory(_COMPILED, dag.directory(), owner=BUILD_USER)
    container = container.with_exec(["sh", "-ec", _COPY_COMPILED])
    inputs = {**{name: variables[name] for name in ("GOOS", "GOARCH", "GO_TAGS")}, **service.build.env}
    return Volume(container, Kept((_COMPILED,), timestamp=_NEW), inputs)


def _script(service: GoService) -> str:
    others = _COMPILE_OTHERS if service.binaries else ""
    return _before(service) + _COMPILE + others + ("" if service.cgo == "dynamic" else _PROVE_STATIC)


def _before(service: GoService) -> str:
    """Return the script of what is to run first. Each line begins in the service's folder, wherever the one before went."""
    return "".join(f"{line}\ncd {shlex.quote(_home(service))}\n" for line in service.build.before)


def check(service: GoService, context: Context, script: str) -> dagger.Container:
    """Return the container in which one of Go's own checks ("vet" or "test") has run."""
    deps = _deps(service, context)
    sources = context.files(service.check_sources)
    container = _compiler(service, context, deps, script).with_directory(_SRC, sources, owner=BUILD_USER)
    if before := _before(service):
        container = container.with_exec(["sh", "-ec", before])
    # Paths cut off as in the build: then vet finds there what it needs of dependencies. A test may look for its own files by them.
    flags = ["-trimpath"] if script == "vet" else []
    return container.with_exec(["go", script, *flags, "./..."])


def workshop(service: GoService, context: Context, name: str) -> dagger.Container:
    """Return the container that has all that a service is compiled from, for a tool of a name that reads it."""
    sources = context.files(service.sources)
    return _compiler(service, context, _deps(service, context), name).with_directory(_SRC, sources, owner=BUILD_USER)


def _config(service: GoService, context: Context) -> Stage | None:
    if not service.config:
        return None
    name = service.place.within(service.config)
    source = context.source.filter(include=[name])
    folder = layer({config_place(service): source.file(name)})
    container = context.named(dag.container(platform=dagger.Platform(context.platforms[0])), "config").with_directory(
        "/", folder
    )
    return stage(context, "config", (), container, Inputs(sources={"config": source}))
