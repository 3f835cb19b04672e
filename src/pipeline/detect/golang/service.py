"""Go services: their modules, main packages, linker variables, and the configuration file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from pipeline.config import Service
from pipeline.detect import embeds, programs, sources
from pipeline.detect.found import Found, configured, joined, or_false
from pipeline.detect.golang import imports, needs, servers
from pipeline.detect.golang.cgo import cgo
from pipeline.detect.golang.commands import subcommand
from pipeline.detect.golang.mains import base, named
from pipeline.detect.golang.mains import main as main_package
from pipeline.detect.golang.modules import Layout, Module, layout, module
from pipeline.detect.golang.variables import variables
from pipeline.detect.image import build_settings, expanded, image_settings
from pipeline.detect.model import GoService, Place, SourceFilter
from pipeline.errors import UsageError

_DEFAULT_CONFIG = ("config/production.yaml", "config/production.yml", "config/production.json", "config/production.toml")
_DEFAULT_SCHEMA = ("config/schema.json",)

_PACKAGES = {"": (), "static": ("musl-tools",), "dynamic": ("gcc", "libc6-dev")}
"""What compiling C takes, by how it is linked."""


def detect(root: Path, name: str, settings: Service) -> GoService:
    """Return what a Go service is.

    Raises
    ------
    UsageError
        If go.mod or go.sum is missing, or the main package cannot be told.
    """
    folder = root / settings.path
    shown = joined(settings.path, "go.mod")
    own = module(folder / "go.mod", shown, name)
    modules = layout(root, settings.path, own, settings, name)
    place = Place(settings.path, modules.context, Path(settings.path).relative_to(modules.context).as_posix())
    mod = _mod(root, place, modules, settings)
    if mod.value == "readonly":
        _check_sum(folder, settings.path, own, modules, name)
    release = configured("go.version", settings.go.version) if settings.go.version else own.version()
    main = main_package(folder, settings.path, name, own.path, settings.go.main, settings.go.tags)
    binaries = _binaries(folder, settings, name)
    every = programs.programs(folder, settings.path, programs.GO_FILES, settings.go.tags)
    beside = tuple(_beside(root, settings, modules))
    read = imports.reached(every, settings.path, own.path, (main.value, *binaries), beside)
    linked = cgo([*read, *beside], settings)
    unmade = None if settings.build.before else embeds.unmade(read) or imports.unmade(read, folder, own)
    start = tuple(settings.runtime.start or ())
    zones = needs.tzdata([*read, *beside], settings)
    asked = isinstance(settings.health, str)
    port = 8080 if asked or servers.may_listen([*read, *beside], alone=not own.requires and not beside) else 0
    image, image_found = image_settings(folder, settings, lambda: read, port, start, own=base(own.path), ships_sources=False)
    serves = None if start else subcommand(read)
    empty = image.base == "minimal" and linked.value != "dynamic"
    folders = needs.writable([*read, *beside], settings, empty=empty)
    account = needs.account([*read, *beside], settings, empty=empty and not linked.value)
    config = _file(folder, settings, _DEFAULT_CONFIG, name, "config")
    schema = _file(folder, settings, _DEFAULT_SCHEMA, name, "schema").value if config.value else ""
    ignored = sources.ignored(root, place)
    no_program = (
        *_not_sources(place, config.value, mod.value, joined=bool(modules.workspace)),
        *_other_programs(every, place, settings, (main.value, *binaries)),
    )
    compiled_in = tuple(embeds.placed((*read, *beside), modules.context))
    taken, taken_by_checks = _sources(place, modules, settings, ignored.value, no_program, compiled_in)
    return GoService(
        place=place,
        version=release.value,
        module=own.path,
        main=main.value,
        binaries=binaries,
        image=replace(image, writable=folders.value if folders else image.writable),
        build=build_settings(settings, name, _PACKAGES[linked.value]),
        ldflags=_ldflags(settings, linked.value, name),
        tags=tuple(settings.go.tags),
        config=config.value,
        schema=schema,
        ca_certs=settings.go.ca_certs,
        tzdata=zones.value,
        module_files=_module_files(root, modules, mod.value),
        sources=taken,
        check_sources=taken_by_checks,
        cgo=linked.value,
        mod=mod.value,
        workspace=bool(modules.workspace),
        workspace_modules=modules.own,
        private=tuple(settings.go.private),
        start=start,
        subcommand=serves.value[1:] if serves else (),
        runtime_env=account.value if account else {},
        settings=(
            release,
            *_workspace_shown(modules),
            mod,
            main,
            or_false(linked),
            variables(read, own, (main.value, *binaries), settings),
            *([unmade] if unmade else []),
            *image_found,
            *(found for found in (serves, folders, account) if found),
            *([zones] if zones.value else []),
            config,
            *([ignored] if ignored.file else []),
        ),
    )


def _binaries(folder: Path, settings: Service, name: str) -> tuple[str, ...]:
    """Return the further main packages. Each program is called as its package's folder is, and the main one `app`."""
    found: dict[str, str] = {}
    for item in settings.go.binaries:
        package = named(folder, settings.path, name, item, "go.binaries", settings.go.tags)
        program = PurePosixPath(package).name
        if not program:
            msg = f"{package} has no folder of its own that its program could be called after"
            raise UsageError(msg, service=name, key="go.binaries", hint="make it `go.main`")
        if program == "app" or program in found:
            msg = f"the program of {package} would be called {program}, as that of {found.get(program, 'the main package')} is"
            raise UsageError(msg, service=name, key="go.binaries", hint="rename the folder of one of them")
        found[program] = package
    return tuple(found.values())


def _workspace_shown(modules: Layout) -> tuple[Found[str], ...]:
    if modules.workspace:
        return (Found("go.workspace", Path(modules.workspace).parent.as_posix(), modules.workspace, 1, "it uses the module"),)
    if len(modules.sources) > 1:
        return (Found("context", modules.context, why="it holds all modules that `replace` lines lead to"),)
    return ()


def _mod(root: Path, place: Place, modules: Layout, settings: Service) -> Found[Literal["readonly", "vendor"]]:
    if settings.go.mod:
        return configured("go.mod", settings.go.mod)
    folder = modules.context if modules.workspace else place.path
    if (root / folder / "vendor" / "modules.txt").is_file():
        return Found("go.mod", "vendor", joined(folder, "vendor/modules.txt"), 1)
    return Found("go.mod", "readonly", why="by convention")


def _check_sum(folder: Path, shown: str, own: Module, modules: Layout, name: str) -> None:
    if own.requires and not modules.workspace and len(modules.sources) == 1 and not (folder / "go.sum").is_file():
        msg = f"{shown}/go.sum is missing, and go.mod requires modules"
        raise UsageError(msg, service=name, hint=f"run `go mod tidy` in {shown} and commit go.sum")


def _beside(root: Path, settings: Service, modules: Layout) -> Iterator[programs.Program]:
    """Yield the programs of the local modules that a service is made of beside its own."""
    for place in modules.sources:
        folder = (Path(modules.context) / place).as_posix()
        if folder != settings.path:
            yield from programs.programs(root / folder, folder, programs.GO_FILES, settings.go.tags)


def _module_files(root: Path, modules: Layout, mod: str) -> tuple[str, ...]:
    """Return what the download of modules reads, relative to the context: of vendored ones all that lies there."""
    names = [joined(folder, file) for folder in modules.manifests for file in ("go.mod", "go.sum")]
    if modules.workspace:
        names += ["go.work", "go.work.sum"]
    found = tuple(name for name in names if (root / modules.context / name).is_file())
    if mod == "vendor":
        return (*found, "vendor" if modules.workspace else joined(modules.sources[0], "vendor"))
    return found


def _sources(
    place: Place,
    modules: Layout,
    settings: Service,
    ignored: Sequence[str],
    no_program: Sequence[str],
    compiled_in: Sequence[str],
) -> tuple[SourceFilter, SourceFilter]:
    """Return which files a build takes in, and which the service's own checks do."""
    include = tuple(settings.include) or _included(modules, place)
    exclude = sources.within(sources.NOT_SOURCES, modules.sources)
    again = [f"!{item}" for item in compiled_in]
    return (
        sources.chosen(include, (*ignored, *exclude, *sources.GO_TESTS, *no_program, *again), settings.exclude),
        sources.chosen(include, (*exclude, *again), settings.exclude),
    )


def _included(modules: Layout, place: Place) -> tuple[str, ...]:
    if place.folder == "." and len(modules.sources) == 1:
        return ()
    return tuple("**" if folder == "." else f"{folder}/**" for folder in modules.sources)


def _not_sources(place: Place, config: str, mod: str, *, joined: bool) -> tuple[str, ...]:
    """Return the patterns of what lies among the sources and changes no binary."""
    left_out = ["config" if config in _DEFAULT_CONFIG else config] if config else []
    # Vendored modules are the business of the stage before.
    vendored = ("vendor", place.within("vendor")) if mod == "vendor" else ()
    return (*(place.within(item) for item in left_out), *vendored, *(() if joined else ("**/go.work", "**/go.work.sum")))


def _other_programs(read: Sequence[programs.Program], place: Place, settings: Service, mains: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns of what other programs of the module are made of alone. Commands of the service's own may run them."""
    if settings.build.before or settings.stages:
        return ()
    return tuple(place.within(joined(package, "*.go")) for package in imports.others(read, settings.path, mains))


def _ldflags(settings: Service, linked: str, name: str) -> str:
    args = settings.build.args
    values = {key: expanded(value, args, name, f"go.vars.{key}") for key, value in settings.go.vars.items()}
    variables = "".join(f" -X {_quoted(f'{variable}={value}', variable, name)}" for variable, value in sorted(values.items()))
    external = "" if linked == "dynamic" else " -extldflags '-static'"
    mode = " -linkmode external" if linked == "static" else ""
    return f"-s -w{mode}{external}{variables} {settings.go.ldflags}".strip()


def _quoted(flag: str, variable: str, name: str) -> str:
    """Return a flag in quotes that it does not hold: Go knows no escapes in them."""
    quote = next((mark for mark in "'\"" if mark not in flag), "")
    if not quote:
        msg = f"{flag!r} holds ' and \", of which the linker's flags can quote one"
        raise UsageError(msg, key=f"services.{name}.go.vars.{variable}", hint="leave one out")
    return f"{quote}{flag}{quote}"


def _file(folder: Path, settings: Service, defaults: Sequence[str], service: str, key: str) -> Found[str]:
    named = settings.go.schema_file if key == "schema" else settings.go.config
    if named and not (folder / named).is_file():
        msg = f"the file {named!r} does not exist"
        raise UsageError(msg, service=service, key=f"services.{service}.go.{key}", hint=f"correct `go.{key}`")
    if named:
        return configured(f"go.{key}", named)
    for default in defaults:
        if (folder / default).is_file():
            return Found(f"go.{key}", default, joined(settings.path, default), 1, "by convention")
    return Found(f"go.{key}", "", why=f"no {defaults[0]}")
