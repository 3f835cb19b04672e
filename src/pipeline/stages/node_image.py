"""The image of a Node service: its base, its production dependencies, its files (N5, N6)."""

from __future__ import annotations

from dataclasses import replace

import dagger
from dagger import dag

from pipeline.detect.found import joined
from pipeline.detect.model import NodeService
from pipeline.graph import Inputs, Kept, Stage
from pipeline.stages.context import Context, runtime_packages
from pipeline.stages.health import node_command
from pipeline.stages.image import absolute, configured, layer, writable
from pipeline.stages.layers import ImageBase, Layered
from pipeline.stages.stage import stage

APP = "/app"
MODULES = "node_modules"
_USER = "1000:1000"


def runtime(service: NodeService, context: Context, build: Stage | None, prod_deps: Stage | None, platform: str) -> Stage:
    """Return the stage that is the image: its layers, and how it is configured and started."""
    base = _base(service, context, platform)
    files, sources = _files(service, context, build)
    user = context.user or _USER
    folders = absolute(service.image.writable, home(service))
    if known := context.layers(base.stage):
        image = base.restored(known)
    else:
        image = _with_dependencies(service, context, prod_deps, base)
        image = image.with_layer(layer(files))
        if folders:
            image = image.with_layer(writable(folders, user))
    container = image.container.with_workdir(service.image.workdir or home(service))
    env = {"NODE_ENV": "production", **service.runtime_env, **context.env}
    labels = {**context.labels, **base.labels}
    container = configured(container, user=user, port=service.image.port, env=env, labels=labels)
    container = container.with_default_args(list(service.start))
    if probe := node_command(service.image):
        container = container.with_docker_healthcheck(list(probe), interval="30s", timeout="5s", start_period="10s", retries=3)
    return stage(
        context,
        "runtime",
        (*(("build",) if build else ()), *((prod_deps.name,) if prod_deps else ())),
        container,
        Inputs(
            base=base.title,
            digest=base.digest,
            variables={**service.runtime_env, **context.env},
            sources=sources,
            contents=service.runtime_manifests,
            surroundings={"user": user, "writable": " ".join(folders), "output": " ".join(map(str, service.output))},
        ),
        platform=platform,
        layers=base.layers(image),
    )


def _base(service: NodeService, context: Context, platform: str) -> ImageBase:
    if service.image.base not in {"minimal", "shell"}:
        return ImageBase.at(context, platform, service.image.base)
    return ImageBase.of(context, platform, "node-runtime", service.version, runtime_packages(service.image))


def as_layers(service: NodeService, context: Context, prod_deps: Stage, platform: str) -> Stage:
    """Return the stage with the image that it is the first layer of."""
    base = _base(service, context, platform)
    if not prod_deps.kept or not base.digest:
        return prod_deps
    return replace(prod_deps, layers=base.layers(_with_dependencies(service, context, prod_deps, base)))


def _with_dependencies(service: NodeService, context: Context, prod_deps: Stage | None, base: ImageBase) -> Layered:
    """Return the image with its dependencies, as they were made or as it was restored with them."""
    if not prod_deps:
        return base.image()
    if known := context.layers(prod_deps.name):
        return base.restored(known)
    return base.image().with_layer(_dependencies(service, context, prod_deps))


def _dependencies(service: NodeService, context: Context, prod_deps: Stage) -> dagger.Directory:
    """Return the dependencies as a layer; what is restored of them is one already, if it is that alone."""
    wanted = kept_dependencies(service)
    if prod_deps.kept == wanted and (restored := context.restored.get(prod_deps.name)):
        return restored.rootfs()
    return layer({folder: prod_deps.container.directory(folder) for folder in wanted.folders})


def _files(
    service: NodeService, context: Context, build: Stage | None
) -> tuple[dict[str, dagger.Directory | dagger.File], dict[str, dagger.Directory]]:
    """Return the files of the image by their places, and those trees of them that come straight from the context."""
    files: dict[str, dagger.Directory | dagger.File] = {}
    sources: dict[str, dagger.Directory] = {}
    if service.shipped:
        sources["sources"] = context.files(service.shipped)
    if service.image.files:
        sources["files"] = context.named_files(service.place.within(name) for name in service.image.files)
    if sources:
        whole = dag.directory()
        for tree in sources.values():
            whole = whole.with_directory("/", tree)
        files[APP] = sources["sources"] if list(sources) == ["sources"] else whole
    if build:
        for output in service.output:
            source, target = f"{APP}/{output.source}", APP if output.target == "." else f"{APP}/{output.target}"
            files[target] = build.container.file(source) if is_file(source) else build.container.directory(source)
    for path, content in service.runtime_manifests.items():
        files[f"{APP}/{path}"] = dag.file("package.json", content)
    return files, sources


def home(service: NodeService) -> str:
    """Return the service's own folder in its stages and in its image."""
    return APP if service.place.folder == "." else f"{APP}/{service.place.folder}"


def is_file(path: str) -> bool:
    """Whether a build's output is a single file, by its name: nothing is there yet to look at."""
    return "." in path.rpartition("/")[2][1:]


def kept_dependencies(service: NodeService) -> Kept:
    """Return the dependencies of each of the service's members."""
    return Kept(tuple(f"{APP}/{joined(member, MODULES)}" for member in service.install.shipped_members))
