"""Go services: go.mod, the main package, the configuration file.

go.mod is read for its `module`, `go`, `toolchain` and `require` lines alone: Go itself reads the rest, inside the build.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.config import Service
from pipeline.detect.model import GO_TESTS, NEVER_SOURCES, GoService, SourceFilter
from pipeline.errors import UsageError

_DEFAULT_CONFIG = "config/production.yaml"
_DEFAULT_SCHEMA = "config/schema.json"
_PACKAGE_MAIN = re.compile(r"^package main\b", re.MULTILINE)


def detect(folder: Path, name: str, settings: Service) -> GoService:
    """Return what a Go service is.

    Raises
    ------
    UsageError
        If go.mod or go.sum is missing, or the main package cannot be told.
    """
    shown = f"{settings.path}/go.mod"
    text = _read(folder / "go.mod", shown, name)
    has_sum = (folder / "go.sum").is_file()
    if not has_sum and re.search(r"^\s*require\b", text, re.MULTILINE):
        msg = f"{settings.path}/go.sum is missing, and go.mod requires modules"
        raise UsageError(msg, service=name, hint=f"run `go mod tidy` in {settings.path} and commit go.sum")
    if (folder / "vendor").is_dir():
        msg = f"{settings.path}/vendor holds the modules, which this version does not build from"
        raise UsageError(msg, service=name, hint="remove the folder: modules are downloaded once and cached")
    config = _file(folder, settings.go.config, _DEFAULT_CONFIG, name, "config")
    schema = _file(folder, settings.go.schema_file, _DEFAULT_SCHEMA, name, "schema") if config else ""
    exclude = (*NEVER_SOURCES, *settings.exclude)
    linked = "".join(f" -X '{variable}={value}'" for variable, value in sorted(settings.go.vars.items()))
    return GoService(
        path=settings.path,
        version=settings.go.version or version(text, shown),
        module=_module(text, shown),
        main=_main(folder, name, settings),
        port=settings.port or 8080,
        health="" if settings.health is False else settings.health or "/health",
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
    )


def version(text: str, shown: str) -> str:
    """Return the Go version that a go.mod asks for: the larger of its `go` and `toolchain` lines.

    Raises
    ------
    UsageError
        If there is no `go` line.
    """
    found = re.findall(r"^(?:go|toolchain)\s+(?:go)?(\d+(?:\.\d+){1,2})\s*(?://.*)?$", text, re.MULTILINE)
    if not found:
        msg = "no `go` line"
        raise UsageError(msg, file=shown, hint="`go mod edit -go=1.26` writes one, or set `go.version` of the service")
    return str(max(found, key=lambda item: tuple(map(int, item.split(".")))))


def _module(text: str, shown: str) -> str:
    if not (found := re.search(r"^module\s+\"?([^\s\"]+)", text, re.MULTILINE)):
        msg = "no `module` line"
        raise UsageError(msg, file=shown, hint="`go mod init NAME` writes one")
    return found[1]


def _main(folder: Path, name: str, settings: Service) -> str:
    if settings.go.main:
        package = settings.go.main.removeprefix("./").rstrip("/") or "."
        if not _is_main(folder / package):
            msg = f"{settings.path}/{package} holds no main package"
            raise UsageError(msg, service=name, hint="correct `go.main`")
        return settings.go.main
    if _is_main(folder):
        return "."
    commands = sorted(path.name for path in folder.glob("cmd/*") if _is_main(path))
    if len(commands) == 1:
        return f"./cmd/{commands[0]}"
    found = f"several main packages: {', '.join(f'./cmd/{item}' for item in commands)}" if commands else "no main package"
    msg = f"{settings.path} has {found}"
    raise UsageError(msg, service=name, hint=f'name one in [services.{name}.go]: `main = "./cmd/…"`')


def _is_main(folder: Path) -> bool:
    files = (path for path in folder.glob("*.go") if not path.name.endswith("_test.go"))
    return any(_PACKAGE_MAIN.search(path.read_text(encoding="utf-8", errors="replace")) for path in files)


def _file(folder: Path, named: str | None, default: str, service: str, key: str) -> str:
    if named and not (folder / named).is_file():
        msg = f"the file {named!r} does not exist"
        raise UsageError(msg, service=service, key=f"services.{service}.go.{key}", hint=f"correct `go.{key}`")
    return named or (default if (folder / default).is_file() else "")


def _read(path: Path, shown: str, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"{shown} is missing"
        raise UsageError(msg, service=name, hint="a Go service needs one; `go mod init NAME` writes it") from None
    except (UnicodeDecodeError, OSError) as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=shown) from None
