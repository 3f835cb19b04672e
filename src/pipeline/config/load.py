"""Reading pipeline.toml. Every fault is a `UsageError` that names the file, the line, the key, the reason and the way out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config.faults import did_you_mean, first_error, line_of, syntax_error
from pipeline.config.model import FILE_NAME, NEVER_SHIPPED, Config, Service
from pipeline.config.overrides import override
from pipeline.errors import UsageError
from pipeline.files import plain
from pipeline.flags import Overrides

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")


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
        return parse(root, data, environ=environ, overrides=overrides, text=text, name=name)
    except tomllib.TOMLDecodeError as error:
        raise syntax_error(error, text, name) from error
    except (ValueError, RecursionError) as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=name) from None


def parse(
    root: Path,
    data: dict[str, Any],
    *,
    environ: Mapping[str, str],
    overrides: Overrides | None = None,
    text: str = "",
    name: str = FILE_NAME,
) -> Config:
    """Check a configuration that is data already. `text` is the file that faults are placed in, where there is one.

    Raises
    ------
    UsageError
        If it is not valid, or names something outside the repository.
    """
    data = override(data, environ, overrides or Overrides())
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise first_error(error, text, name) from error
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
            raise UsageError(msg, file=FILE_NAME, hint=did_you_mean(name, config.services) or f"there are: {known}")
    return {name: config.services[name] for name in names} if names else dict(config.services)


def tags(name: str, settings: Service, registry: str) -> tuple[str, ...]:
    """Return the addresses that a service's image is to be published under: REGISTRY/SERVICE:TAG."""
    prefix = f"{registry}/{name}" if registry else name
    return tuple(tag if "/" in tag or ":" in tag else f"{prefix}:{tag}" for tag in settings.tags or ["latest"])


def _read(path: Path, name: str) -> str:
    try:
        return plain(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"there is no {name} in {path.parent}"
        raise UsageError(msg, hint="`pipeline init` writes one, or point --root to the folder that has it") from None
    except UnicodeDecodeError as error:
        msg = f"not UTF-8 (byte {error.start})"
        raise UsageError(msg, file=name, hint="save the file as UTF-8") from None
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise UsageError(msg, file=name) from None


def _check_service(root: Path, name: str, service: Service, text: str, file: str) -> None:
    def fault(msg: str, *keys: str, hint: str) -> UsageError:
        key = ".".join(("services", name, *keys)) if keys else ""
        return UsageError(msg, file=file, line=line_of(text, ["services", name, *keys]), key=key, hint=hint)

    if not _NAME.match(name):
        msg = f"{name!r} cannot be the name of a service"
        hint = "use lower-case letters, digits, and single '.', '_' or '-' between them: it becomes part of an image's name"
        raise fault(msg, hint=hint)
    for keys, value in ((("path",), service.path), *_paths(service)):
        base = root if keys in _FROM_ROOT else root / service.path
        if why := _no_place(base, value):
            raise fault(why[0], *keys, hint=why[1])
        if keys == ("path",) and not (base / value).is_dir():
            what = "is no folder" if (base / value).exists() else "does not exist"
            msg = f"the folder {value!r} {what}"
            raise fault(msg, *keys, hint="correct `path`, or remove the service")
        if keys == ("files",) and (why := _not_shipped(base, value)):
            raise fault(why[0], *keys, hint=why[1])


_FROM_ROOT = (("path",), ("context",), ("node", "workspace"), ("go", "workspace"))
"""Keys whose paths are relative to the repository; others are relative to the service's folder."""


def _paths(service: Service) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the keys of a service that name files or folders, with what they name."""
    named: dict[tuple[str, ...], Sequence[str | None]] = {
        ("context",): [service.context],
        ("files",): service.files or [],
        ("node", "workspace"): [service.node.workspace],
        ("node", "output"): service.node.output or [],
        ("go", "workspace"): [service.go.workspace],
        ("go", "config"): [service.go.config],
        ("go", "schema"): [service.go.schema_file],
    }
    for keys, values in named.items():
        yield from ((keys, value) for value in values if value)


def _no_place(base: Path, path: str) -> tuple[str, str] | None:
    """Return why a path is none within a folder, symbolic links followed, and the way out; None if it is one."""
    if Path(path).is_absolute():
        return f"{path!r} is an absolute path", "write it relative to the repository's root"
    if "\x00" in path:
        return "the path holds a NUL character", ""
    try:
        resolved = (base / path).resolve()
        resolved.exists()
    except RuntimeError:
        return f"{path!r} is a loop of symbolic links", ""
    except OSError as error:
        return f"{path!r} cannot be looked up: {error.strerror}", ""
    if not resolved.is_relative_to(base.resolve()):
        return f"{path!r} leads out of the repository", "a build context must lie below the repository's root"
    return None


def _not_shipped(folder: Path, path: str) -> tuple[str, str] | None:
    """Return why nothing of a path would be in an image, and the way out; None if something is."""
    if any(fnmatchcase(part, name) for part in Path(path).parts for name in NEVER_SHIPPED):
        return f"{path!r} is in no image", "give the program its secrets when it starts; a plain file needs another name"
    if not (folder / path).exists():
        hint = "name files and folders that are there; what a build makes is `node.output`"
        return f"there is no {path!r} in the service's folder", hint
    return None
