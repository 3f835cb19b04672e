"""The stages of a Node service: deps, build, prod-deps, runtime (N1 to N6).

package.json + lockfile ─▶ deps ─▶ build ─────┐
                     └───▶ prod-deps ─────────┴▶ runtime
"""

from __future__ import annotations

import dagger
from dagger import dag

from pipeline.detect.model import NodeService
from pipeline.detect.node import npm_run
from pipeline.graph import Inputs, ServiceGraph, Stage
from pipeline.stages.context import BUILD_USER, Context
from pipeline.stages.image import configured, layer
from pipeline.stages.stamp import stamped

_APP = "/app"
_CACHE = "/var/cache/npm"
_NPMRC = "/run/secrets/npmrc"
_USER = "1000:1000"

# A registry that hangs is told as such within some minutes, where npm's own patience would outlast the service's. It stands
# in the file that no cache key holds, and the user's own settings come after it.
_PATIENCE = """\
fetch-timeout=60000
fetch-retry-mintimeout=1000
fetch-retry-maxtimeout=10000
"""

# What an install needs no network for, and what no build in a container reads.
_NPM_ENV = {
    "npm_config_cache": _CACHE,
    "npm_config_userconfig": _NPMRC,
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}


def graph(service: NodeService, context: Context) -> ServiceGraph:
    """Return the stages of a Node service."""
    deps = _deps(service, context)
    build = _build(service, context, deps)
    stages = [deps, *([build] if build else [])]
    images: list[dagger.Container] = []
    for platform in context.platforms:
        prod_deps = _prod_deps(service, context, platform)
        runtime = _runtime(service, context, build, prod_deps, platform)
        stages += [prod_deps, runtime]
        images.append(runtime.container)
    return ServiceGraph(context.service, service.kind, tuple(stages), tuple(images))


def _installer(service: NodeService, context: Context, stage: str) -> dagger.Container:
    base = context.bases.container("node-build", service.version, context.build_platform)
    container = context.named(base, stage).with_user(BUILD_USER).with_workdir(_APP)
    for name, value in _NPM_ENV.items():
        container = container.with_env_variable(name, value)
    return container


def _install(service: NodeService, context: Context, stage: str, command: tuple[str, ...]) -> Stage:
    locked = context.source.filter(include=list(service.install_files))
    manifests = dag.directory().with_directory("/", locked).with_new_file("package.json", service.install_manifest)
    container = (
        _installer(service, context, stage)
        .with_directory(_APP, manifests, owner=BUILD_USER)
        # npm makes no folder where there is nothing to install, and later stages copy it.
        .with_directory(f"{_APP}/node_modules", dag.directory(), owner=BUILD_USER)
        .with_mounted_cache(_CACHE, dag.cache_volume("pipeline-npm"), owner=BUILD_USER)
        .with_mounted_secret(_NPMRC, dag.set_secret("npmrc", _PATIENCE + context.host.npmrc), owner=BUILD_USER)
    )
    base = context.bases.describe("node-build", service.version, context.build_platform)
    return Stage(
        name=stage,
        needs=(),
        container=stamped(container, stage, command, context.run).without_mount(_CACHE).without_mount(_NPMRC),
        inputs=Inputs(
            base=base.title,
            command=command,
            sources={"lockfile": locked},
            contents={"package.json": service.install_manifest},
        ),
    )


def _deps(service: NodeService, context: Context) -> Stage:
    return _install(service, context, "deps", ("npm", "ci"))


def _prod_deps(service: NodeService, context: Context, platform: str) -> Stage:
    command: tuple[str, ...] = ("npm", "ci", "--omit=dev")
    if platform != context.build_platform:
        processor = {"amd64": "x64"}.get(platform.partition("/")[2], platform.partition("/")[2])
        command = (*command, "--os=linux", f"--cpu={processor}", "--libc=glibc")
    return _install(service, context, f"prod-deps{context.suffix(platform)}", command)


def _build(service: NodeService, context: Context, deps: Stage) -> Stage | None:
    if not service.build_script:
        return None
    sources = context.files(service.sources)
    container = context.named(deps.container, "build").with_directory(_APP, sources, owner=BUILD_USER)
    for name, value in service.build_env.items():
        container = container.with_env_variable(name, value)
    for name, secret in context.secrets.items():
        container = container.with_secret_variable(name, secret)
    command = tuple(npm_run(service.build_script))
    return Stage(
        name="build",
        needs=("deps",),
        container=stamped(container, "build", command, context.run),
        inputs=Inputs(command=command, variables=service.build_env, sources={"sources": sources}),
    )


def check(service: NodeService, context: Context, script: str) -> dagger.Container:
    """Return the container in which a script of the service's own (its tests, its linter) has run."""
    deps = _deps(service, context)
    sources = context.files(service.check_sources)
    container = context.named(deps.container, script).with_directory(_APP, sources, owner=BUILD_USER)
    return container.with_exec(list(npm_run(script)))


def _runtime(service: NodeService, context: Context, build: Stage | None, prod_deps: Stage, platform: str) -> Stage:
    name = f"runtime{context.suffix(platform)}"
    base = context.bases.describe("node-runtime", service.version, platform)
    sources: dict[str, dagger.Directory] = {}
    files: dict[str, dagger.Directory | dagger.File] = {}
    if build:
        files = {f"{_APP}/{folder}": build.container.directory(f"{_APP}/{folder}") for folder in service.output}
    else:
        sources = {"sources": context.files(service.sources)}
        files = {_APP: sources["sources"]}
    files[f"{_APP}/package.json"] = dag.file("package.json", service.runtime_manifest)
    container = context.named(context.bases.container("node-runtime", service.version, platform), name)
    container = (
        container.with_directory("/", layer({f"{_APP}/node_modules": prod_deps.container.directory(f"{_APP}/node_modules")}))
        .with_directory("/", layer(files))
        .with_workdir(_APP)
    )
    container = configured(
        container,
        user=context.user or _USER,
        port=service.port,
        env={"NODE_ENV": "production", **context.env},
        labels={
            **context.labels,
            "org.opencontainers.image.base.name": base.title,
            "org.opencontainers.image.base.digest": base.digest,
        },
    ).with_default_args(list(service.start))
    if service.health.kind == "http":
        container = container.with_docker_healthcheck(
            list(health_command(service)), interval="30s", timeout="5s", start_period="10s", retries=3
        )
    return Stage(
        name=name,
        needs=(*(("build",) if build else ()), prod_deps.name),
        container=container,
        inputs=Inputs(
            base=base.title,
            variables=context.env,
            sources=sources,
            contents={"package.json": service.runtime_manifest},
        ),
    )


def health_command(service: NodeService) -> tuple[str, ...]:
    """Return the command that asks a service for its health, with node itself: the image holds no shell."""
    address = f"`http://127.0.0.1:${{process.env.PORT||{service.port}}}{service.health.path}`"
    return ("node", "-e", f"fetch({address}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))")
