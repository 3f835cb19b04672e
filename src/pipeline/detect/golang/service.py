"""Go services: go.mod, the main package, the configuration file."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Service
from pipeline.detect import programs
from pipeline.detect.found import Found, configured
from pipeline.detect.golang.mains import main as main_package
from pipeline.detect.golang.modules import module
from pipeline.detect.model import GO_TESTS, NEVER_SOURCES, GoService, Health, SourceFilter
from pipeline.errors import UsageError

_DEFAULT_CONFIG = "config/production.yaml"
_DEFAULT_SCHEMA = "config/schema.json"


def detect(folder: Path, name: str, settings: Service) -> GoService:
    """Return what a Go service is.

    Raises
    ------
    UsageError
        If go.mod or go.sum is missing, or the main package cannot be told.
    """
    shown = f"{settings.path}/go.mod"
    read = module(folder / "go.mod", shown, name)
    has_sum = (folder / "go.sum").is_file()
    if not has_sum and read.requires:
        msg = f"{settings.path}/go.sum is missing, and go.mod requires modules"
        raise UsageError(msg, service=name, hint=f"run `go mod tidy` in {settings.path} and commit go.sum")
    if (folder / "vendor").is_dir():
        msg = f"{settings.path}/vendor holds the modules, which this version does not build from"
        raise UsageError(msg, service=name, hint="remove the folder: modules are downloaded once and cached")
    config_found = _file(folder, settings, _DEFAULT_CONFIG, name, "config")
    config = config_found.value
    schema = _file(folder, settings, _DEFAULT_SCHEMA, name, "schema").value if config else ""
    exclude = (*NEVER_SOURCES, *settings.exclude)
    linked = "".join(f" -X '{variable}={value}'" for variable, value in sorted(settings.go.vars.items()))
    release = configured("go.version", settings.go.version) if settings.go.version else read.version()
    main = main_package(folder, settings.path, name, read.path, settings.go.main)
    port, health = programs.listening(folder, settings, programs.GO_FILES, 8080)
    return GoService(
        path=settings.path,
        version=release.value,
        module=read.path,
        main=main.value,
        port=port.value,
        health=Health.of(health.value),
        ldflags=f"-s -w -extldflags '-static'{linked} {settings.go.ldflags}".strip(),
        tags=tuple(settings.go.tags),
        config=config,
        schema=schema,
        ca_certs=settings.go.ca_certs,
        tzdata=settings.go.tzdata,
        module_files=("go.mod", "go.sum") if has_sum else ("go.mod",),
        sources=SourceFilter(
            tuple(settings.include),
            (*exclude, *GO_TESTS, *(("config",) if config == _DEFAULT_CONFIG else (config,) if config else ())),
        ),
        check_sources=SourceFilter(tuple(settings.include), exclude),
        build_env=dict(settings.build.env),
        settings=(release, main, port, health, config_found),
    )


def _file(folder: Path, settings: Service, default: str, service: str, key: str) -> Found[str]:
    named = settings.go.schema_file if key == "schema" else settings.go.config
    if named and not (folder / named).is_file():
        msg = f"the file {named!r} does not exist"
        raise UsageError(msg, service=service, key=f"services.{service}.go.{key}", hint=f"correct `go.{key}`")
    if named:
        return configured(f"go.{key}", named)
    if (folder / default).is_file():
        return Found(f"go.{key}", default, f"{settings.path}/{default}", 1, "by convention")
    return Found(f"go.{key}", "", why=f"no {default}")
