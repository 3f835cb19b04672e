"""The image of a Go service: its base, its programs, what they need and how they start (G4, G5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import dagger

from pipeline.detect.model import GoService
from pipeline.graph import Inputs, Stage
from pipeline.stages.context import Context, runtime_packages
from pipeline.stages.image import absolute, configured, layer, writable
from pipeline.stages.layers import ImageBase, Layered
from pipeline.stages.stage import stage

OUT = "/out"
_APP = "/app"
_USER = "1001:1001"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_ZONES = "/usr/local/go/lib/time/zoneinfo.zip"
_SHIPPED = {_ZONES: "/usr/share/zoneinfo.zip"}
"""Where an image has a file of the toolchain, if not at the same place."""


def runtime(service: GoService, context: Context, build: Stage, config: Stage | None, platform: str) -> Stage:
    """Return the stage that is the image: its layers, and how it is configured and started."""
    base = _base(service, context, platform)
    sources = _sources(service, context)
    if known := context.layers(base.stage):
        image = base.restored(known)
    else:
        image = _with_programs(service, context, build, base)
        if config:
            image = image.with_layer(config.container.rootfs())
        image = _with_files(service, context, image, sources)
    container = image.container
    if workdir := _workdir(service):
        container = container.with_workdir(workdir)
    env = {**({"ZONEINFO": _SHIPPED[_ZONES]} if service.tzdata else {}), **service.runtime_env, **context.env}
    labels = {**context.labels, **base.labels}
    user = context.user or _USER
    container = configured(container, user=user, port=service.image.port, env=env, labels=labels)
    container = _started(service, container)
    return stage(
        context,
        "runtime",
        (build.name, *(("config",) if config else ())),
        container,
        Inputs(base=base.title, digest=base.digest, variables=env, sources=sources, surroundings=_placed(service, user)),
        platform=platform,
        layers=base.layers(image),
    )


def _placed(service: GoService, user: str) -> dict[str, str]:
    """Return what decides where an image has its files, and whose its folders are."""
    return {
        "programs": _programs(service),
        "config": config_place(service) if service.config else "",
        "certificates": str(service.ca_certs),
        "zones": str(service.tzdata),
        "workdir": _workdir(service),
        "writable": " ".join(_writable(service)),
        "user": user,
    }


def as_layers(service: GoService, context: Context, build: Stage, platform: str) -> Stage:
    """Return the stage with the image that its programs are the last layer of."""
    base = _base(service, context, platform)
    if not build.kept or not (base.digest or _from_nothing(service)):
        return build
    return replace(build, layers=base.layers(_with_programs(service, context, build, base)))


def _with_programs(service: GoService, context: Context, build: Stage, base: ImageBase) -> Layered:
    """Return the image with its programs and what they need, certificates and time zones: as they were made or as it was restored."""
    if known := context.layers(build.name):
        return base.restored(known)
    image = base.image()
    if shipped := from_toolchain(service, context):
        if build.name in context.restored:
            # They were kept with it: a toolchain is much to fetch for its certificates.
            shipped = {path: build.container.file(path) for path in shipped}
        image = image.with_layer(layer({_SHIPPED.get(path, path): file for path, file in shipped.items()}))
    names = {"app": "app", **{PurePosixPath(item).name: PurePosixPath(item).name for item in service.binaries}}
    programs = {f"{_programs(service)}/{name}": build.container.file(f"{OUT}/{made}") for name, made in names.items()}
    return image.with_layer(layer(programs))


def _base(service: GoService, context: Context, platform: str) -> ImageBase:
    if needs_libc(service):
        return ImageBase.of(context, platform, "libc", "", runtime_packages(service.image))
    if _from_nothing(service):
        return ImageBase.nothing(context, platform)
    return ImageBase.at(context, platform, service.image.base)


def _sources(service: GoService, context: Context) -> dict[str, dagger.Directory]:
    """Return the trees of an image that come straight from the context."""
    if not service.image.files:
        return {}
    return {"files": context.named_files(service.place.within(name) for name in service.image.files)}


def _workdir(service: GoService) -> str:
    return service.image.workdir or (_APP if service.image.files or service.image.writable else "")


def _writable(service: GoService) -> list[str]:
    """Return the folders that the program may write to, by their absolute paths."""
    return absolute(service.image.writable, _workdir(service))


def _with_files(service: GoService, context: Context, image: Layered, sources: Mapping[str, dagger.Directory]) -> Layered:
    """Return the image with what its program reads and writes."""
    for files in sources.values():
        found = files if service.place.folder == "." else files.directory(service.place.folder)
        image = image.with_layer(layer({_APP: found}))
    if folders := _writable(service):
        image = image.with_layer(writable(folders, context.user or _USER))
    return image


def _started(service: GoService, container: dagger.Container) -> dagger.Container:
    first, *rest = command(service)
    if first == f"{_programs(service)}/app":
        container = container.with_entrypoint([first])
        container = container.with_default_args(rest) if rest else container
    else:
        container = container.with_default_args([first, *rest])
    if service.image.health.kind == "command":
        container = container.with_docker_healthcheck(
            list(service.image.health.command), interval="30s", timeout="5s", start_period="10s", retries=3
        )
    return container


def needs_libc(service: GoService) -> bool:
    """Whether a service's image starts from a base with a C library, and not from nothing."""
    return service.image.base == "shell" or (service.image.base == "minimal" and service.cgo == "dynamic")


def _from_nothing(service: GoService) -> bool:
    """Whether a service's image holds what is put there and nothing else."""
    return service.image.base == "minimal" and not needs_libc(service)


def command(service: GoService) -> tuple[str, ...]:
    """Return the command that starts a service."""
    config = ("--config", config_place(service)) if service.config else ()
    return service.start or (f"{_programs(service)}/app", *service.subcommand, *config)


def _programs(service: GoService) -> str:
    """Return the folder of the image's programs. Bases have /bin as a link to it, which no layer may lay a folder over."""
    return "/bin" if _from_nothing(service) else "/usr/bin"


def from_toolchain(service: GoService, context: Context) -> dict[str, dagger.File]:
    """Return the toolchain's files that ship beside a service's programs, as they are before any command has run.

    A Dagger Engine adds the host's own authorities to the certificates that commands meet.
    """
    toolchain = context.bases.container("go-build", service.version, context.build_platform, service.build.packages)
    certificates = service.ca_certs and _from_nothing(service)
    shipped = (*((_CERTIFICATES,) if certificates else ()), *((_ZONES,) if service.tzdata else ()))
    return {path: toolchain.file(path) for path in shipped}


def config_place(service: GoService) -> str:
    """Return where the image has the configuration file: by what it is, whatever it is called in the repository."""
    suffix = PurePosixPath(service.config).suffix
    return f"/etc/app/config{'.yaml' if suffix in {'.yml', ''} else suffix}"
