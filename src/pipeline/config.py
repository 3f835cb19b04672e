"""pipeline.toml as frozen types, checked before anything runs.

Flags win over environment variables (`PIPELINE_MAX_PARALLEL`, `PIPELINE_TIMEOUT`, …), which win over the file. Every fault
is a `UsageError` that names the file, the line, the key, the reason and the way out.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.errors import UsageError

FILE_NAME = "pipeline.toml"
PLATFORMS = ("linux/amd64", "linux/arm64")

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_UID_GID = r"^[0-9]{1,10}(:[0-9]{1,10})?$"

Platform = Literal["linux/amd64", "linux/arm64"]
Seconds = Annotated[float, Field(gt=0, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Budget(_Table):
    """What a service may cost; over it, the service fails (O8)."""

    image_size_mb: Annotated[float, Field(gt=0)] | None = None
    duration_seconds: Annotated[float, Field(gt=0)] | None = None


class Build(_Table):
    """The build stage: variables that the command sees and the image does not keep, and secrets.

    `secrets` maps a variable's name to its source: `env:NAME` or `file:PATH`.
    """

    env: dict[Text, str] = {}
    secrets: dict[Text, Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]] = {}


class Runtime(_Table):
    """The final image: `start` is its exec-form command."""

    start: list[Text] | None = None


class Node(_Table):
    """A Node service: the script that builds it and the folders that script makes."""

    version: Text | None = None
    build: Text | None = None
    output: list[Text] | None = None


class Go(_Table):
    """A Go service: its main package, linker variables, and what its image takes beside the binary."""

    version: Text | None = None
    main: Text | None = None
    tags: list[Text] = []
    ldflags: str = ""
    vars: dict[Text, str] = {}
    ca_certs: bool = True
    tzdata: bool = False
    config: Text | None = None
    schema_file: Text | None = Field(default=None, alias="schema")


class Service(_Table):
    """One service. Every key but `path` has a default, most of them detected."""

    path: Text
    kind: Literal["node", "go"] | None = None
    include: list[Text] = []
    exclude: list[Text] = []
    target: Text | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    health: Annotated[str, StringConstraints(pattern=r"^/")] | Literal[False] | None = None
    user: Annotated[str, StringConstraints(pattern=_UID_GID)] | None = None
    env: dict[Text, str] = {}
    labels: dict[Text, str] = {}
    timeout: Seconds = 600
    tags: list[Text] = []
    platforms: list[Platform] = []
    budget: Budget = Budget()
    build: Build = Build()
    runtime: Runtime = Runtime()
    node: Node = Node()
    go: Go = Go()


class Bases(_Table):
    """Where base images come from, and single ones by their address."""

    origin: Literal["auto", "hub", "packages"] = Field(default="auto", alias="from")
    hub: Text = "docker.io/library"
    node: Text | None = None
    go: Text | None = None
    config: Text | None = None


class Config(_Table):
    """The whole file."""

    registry: Text | None = None
    max_parallel: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: max(1, os.cpu_count() or 1))
    bases: Bases = Bases()
    services: dict[str, Service] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line sets; None leaves the file's value."""

    max_parallel: int | None = None
    timeout: float | None = None
    platforms: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    target: str = ""


def load(root: Path, *, environ: Mapping[str, str], overrides: Overrides | None = None, name: str = FILE_NAME) -> Config:
    """Read and check the configuration of the repository at `root`.

    Raises
    ------
    UsageError
        If the file is missing or not valid, or names something outside the repository.
    """
    text = _read(root / name, name)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(error, text, name) from error
    data = _override(data, environ, overrides or Overrides())
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise _first_error(error, text, name) from error
    for service, settings in config.services.items():
        _check_service(root, service, settings, text, name)
    return config


def select(config: Config, names: Sequence[str]) -> dict[str, Service]:
    """Return the named services, all of them if none is named.

    Raises
    ------
    UsageError
        If there is no service of that name.
    """
    for name in names:
        if name not in config.services:
            known = ", ".join(sorted(config.services))
            msg = f"no service {name!r}"
            raise UsageError(msg, file=FILE_NAME, hint=_did_you_mean(name, config.services) or f"there are: {known}")
    return {name: config.services[name] for name in names} if names else dict(config.services)


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"there is no {name} in {path.parent}"
        raise UsageError(msg, hint="`pipeline init` writes one, or point --root to the folder that has it") from None
    except UnicodeDecodeError as error:
        msg = f"not UTF-8 (byte {error.start})"
        raise UsageError(msg, file=name, hint="save the file as UTF-8") from None
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise UsageError(msg, file=name) from None


def _syntax_error(error: tomllib.TOMLDecodeError, text: str, name: str) -> UsageError:
    message = str(error)
    if found := re.search(r" \(at line (\d+), column (\d+)\)", message):
        line, column = int(found[1]), int(found[2])
        reason = message.replace(found[0], "")
        if "Cannot declare" in reason and (service := re.search(r"\('services', '([^']+)'", reason)):
            msg = f"two services have the name {service[1]!r}"
            return UsageError(msg, file=name, line=line, hint="rename one of them")
        return UsageError(f"not valid TOML: {_told(reason, text, line)}", file=name, line=line, column=column)
    line = len(text.rstrip().splitlines())
    reason = message.removesuffix(" (at end of document)")
    return UsageError(f"not valid TOML: {_told(reason, text, line)}", file=name, line=line)


def _told(reason: str, text: str, line: int) -> str:
    """Return a parser's reason; of a key that stands twice, the key."""
    key = re.match(r"\s*([^=]+?)\s*=", text.splitlines()[line - 1]) if line else None
    return f"{key[1]!r} stands twice" if key and reason == "Cannot overwrite a value" else reason


def _override(data: dict[str, Any], environ: Mapping[str, str], overrides: Overrides) -> dict[str, Any]:
    parallel = overrides.max_parallel if overrides.max_parallel is not None else _number(environ, "PIPELINE_MAX_PARALLEL", int)
    timeout = overrides.timeout if overrides.timeout is not None else _number(environ, "PIPELINE_TIMEOUT", float)
    if parallel is not None:
        if parallel < 1:
            msg = f"--max-parallel is {parallel}"
            raise UsageError(msg, hint="at least one service must be built at a time")
        data = {**data, "max_parallel": parallel}
    if timeout is not None and timeout <= 0:
        msg = f"--timeout is {timeout:g}"
        raise UsageError(msg, hint="give a number of seconds above 0")
    for platform in overrides.platforms:
        if platform not in PLATFORMS:
            msg = f"--platform {platform!r} is not supported"
            raise UsageError(msg, hint=_did_you_mean(platform, PLATFORMS) or f"supported are {', '.join(PLATFORMS)}")
    every = {
        key: value
        for key, value in (
            ("timeout", timeout),
            ("platforms", list(overrides.platforms)),
            ("tags", list(overrides.tags)),
            ("target", overrides.target),
        )
        if value
    }
    services = data.get("services")
    if every and isinstance(services, dict):
        changed = {name: {**item, **every} if isinstance(item, dict) else item for name, item in services.items()}
        return {**data, "services": changed}
    return data


def _number(environ: Mapping[str, str], name: str, kind: type[int | float]) -> Any:
    if not (text := environ.get(name)):
        return None
    try:
        return kind(text)
    except ValueError:
        msg = f"{name} is {text!r}, which is no number"
        raise UsageError(msg, hint=f"unset {name} or give it a number") from None


def _first_error(error: ValidationError, text: str, name: str) -> UsageError:
    # An unknown key is the cause where it and a missing one are reported together.
    details = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    detail = details[0]
    path = [str(part) for part in detail["loc"] if part not in _VARIANTS]
    key, hint = ".".join(path), ""
    reason = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    match detail["type"]:
        case "extra_forbidden":
            reason = "unknown key"
            known = _known_keys(path[:-1])
            hint = _did_you_mean(path[-1], known) or f"known keys are {', '.join(sorted(known))}"
        case "missing" if path == ["services"]:
            reason, hint = "no service", "add a table [services.NAME] with the `path` of its folder"
        case "missing":
            reason, hint = "missing", f"every service needs a `{path[-1]}`"
        case "too_short" if path == ["services"]:
            reason, hint = "no service", "add a table [services.NAME] with the `path` of its folder"
        case "model_type" | "dict_type":
            reason = f"is {detail['input']!r}, must be a table"
        case "literal_error":
            reason = f"is {detail['input']!r}, must be {detail['ctx']['expected']}"
        case "string_pattern_mismatch":
            reason = f"is {detail['input']!r}, which does not fit {_pattern(path) or detail['ctx']['pattern']}"
        case _:
            reason = f"is {detail['input']!r}, should be {reason}"
    return UsageError(reason, file=name, line=_line(text, path), key=key, hint=hint)


# What pydantic puts into a location to tell the variants of a union apart.
_VARIANTS = {"constrained-str", "literal[False]"}

_PATTERNS = {
    "user": "a numeric UID:GID such as 1001:1001",
    "health": "a path such as /health, or false",
    "secrets": "env:NAME or file:PATH",
}


def _pattern(path: Sequence[str]) -> str:
    return next((text for key, text in _PATTERNS.items() if key in path[-2:]), "")


def _known_keys(path: Sequence[str]) -> list[str]:
    model: Any = Config
    for part in path:
        if model is Config and part == "services":
            model = {"*": Service}
        elif isinstance(model, dict):
            model = model["*"]
        else:
            model = model.model_fields[part].annotation
    if isinstance(model, dict):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else ""


def _line(text: str, path: Sequence[str]) -> int:
    """Return the line on which a key stands, or its table's where the key is missing; 0 if it was not in the file.

    A search, not a parse: it finds the table headers and keys that people write, which is enough to point at a line.
    """
    table: list[str] = []
    best = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]#]+?)\s*\]+", line):
            table = [part.strip().strip("\"'") for part in re.split(r"\.(?=(?:[^\"']*[\"'][^\"']*[\"'])*[^\"']*\Z)", header[1])]
            if table == list(path):
                return number
            if table and table == list(path[: len(table)]):
                best = number
        elif assigned := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = [*table, *(part.strip("\"'") for part in assigned[1].split("."))]
            if full == list(path)[: len(full)] and len(full) > len(table):
                best = number
                if full == list(path):
                    return number
    return best


def _check_service(root: Path, name: str, service: Service, text: str, file: str) -> None:
    key = f"services.{name}"
    line = _line(text, ["services", name])
    if not _NAME.match(name):
        msg = f"{name!r} cannot be the name of a service"
        hint = "use lower-case letters, digits, and single '.', '_' or '-' between them: it becomes part of an image's name"
        raise UsageError(msg, file=file, line=line, hint=hint)
    path_line = _line(text, ["services", name, "path"])
    inside(root, service.path, file=file, line=path_line, key=f"{key}.path")
    if not (root / service.path).is_dir():
        what = "is no folder" if (root / service.path).exists() else "does not exist"
        msg = f"the folder {service.path!r} {what}"
        raise UsageError(msg, file=file, line=path_line, key=f"{key}.path", hint="correct `path`, or remove the service")
    for entry in ("config", "schema_file"):
        if value := getattr(service.go, entry):
            shown = "schema" if entry == "schema_file" else entry
            found = _line(text, ["services", name, "go", shown])
            inside(root / service.path, value, file=file, line=found, key=f"{key}.go.{shown}")


def inside(root: Path, path: str, *, file: str, line: int, key: str) -> None:
    """Check that a path stays within a folder, symbolic links followed.

    Raises
    ------
    UsageError
        If the path is absolute or leads out.
    """
    if Path(path).is_absolute():
        msg = f"{path!r} is an absolute path"
        raise UsageError(msg, file=file, line=line, key=key, hint="write it relative to the repository's root")
    if "\x00" in path:
        msg = "the path holds a NUL character"
        raise UsageError(msg, file=file, line=line, key=key)
    try:
        resolved = (root / path).resolve()
    except (OSError, RuntimeError):
        msg = f"{path!r} is a loop of symbolic links"
        raise UsageError(msg, file=file, line=line, key=key) from None
    if not resolved.is_relative_to(root.resolve()):
        msg = f"{path!r} leads out of the repository"
        raise UsageError(msg, file=file, line=line, key=key, hint="a build context must lie below the repository's root")
