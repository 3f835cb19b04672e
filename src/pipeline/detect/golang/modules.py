"""go.mod and go.work: read by the go command where this machine has one, else line by line for the few lines that matter."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.found import Found, joined
from pipeline.errors import UsageError

OLDEST = (1, 21)
"""The oldest Go that is to be had as a module; older code is built by a newer Go, as Go itself promises."""

DEFAULT = "1.26"
"""The Go that builds what is older than that."""

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Module:
    """What building a module takes to know of its go.mod.

    Parameters
    ----------
    file:
        The name of go.mod, relative to the repository.
    go, toolchain:
        The versions of those lines, "" where there is none.
    requires:
        The modules that it requires, with their versions.
    local:
        The folders that `replace` lines lead to, relative to the module's own.
    """

    file: str
    path: str
    go: str
    toolchain: str
    requires: tuple[tuple[str, str], ...]
    local: tuple[str, ...]
    text: str

    def version(self) -> Found[str]:
        """Return the version of Go that is asked for, the larger of the `go` and `toolchain` lines.

        Raises
        ------
        UsageError
            If there is no such line.
        """
        asked = {self.go: "go", self.toolchain: "toolchain"}
        release = max(filter(None, asked), key=_numbers, default="")
        if not release:
            msg = "no `go` line"
            hint = f"`go mod edit -go={DEFAULT}` writes one, or set `go.version` of the service"
            raise UsageError(msg, file=self.file, hint=hint)
        line = self.line(asked[release])
        if _numbers(release)[:2] < OLDEST:
            why = f"go {release} is older than the Go versions to be had, and newer ones build it"
            return Found("go.version", DEFAULT, self.file, line, why)
        return Found("go.version", release, self.file, line, f"{asked[release]} line")

    def line(self, directive: str) -> int:
        """Return the line of a directive, 0 if there is none."""
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if line.split()[:1] == [directive]), 0)


def module(path: Path, shown: str, service: str) -> Module:
    """Read a go.mod.

    Raises
    ------
    UsageError
        If it is missing or is none.
    """
    text = _read(path, shown, service)
    data = _by_go("mod", path) or _by_lines(text)
    if not (name := str(data.get("Module", {}).get("Path", ""))):
        msg = "no `module` line"
        raise UsageError(msg, file=shown, hint="`go mod init NAME` writes one")
    targets = [str(item["New"]["Path"]) for item in data.get("Replace") or ()]
    return Module(
        file=shown,
        path=name,
        go=str(data.get("Go", "")),
        toolchain=str(data.get("Toolchain", "")).removeprefix("go").removeprefix("default"),
        requires=tuple((str(item["Path"]), str(item["Version"])) for item in data.get("Require") or ()),
        local=tuple(target for target in targets if target.startswith((".", "/"))),
        text=text,
    )


def used(path: Path) -> tuple[str, ...]:
    """Return the folders of the modules that a go.work uses, relative to its own."""
    data = _by_go("work", path)
    if data is None:
        text = path.read_text(encoding="utf-8", errors="replace")
        return tuple(re.findall(r"^(?:use)?\s+(\.\S*)\s*$", text, re.MULTILINE))
    return tuple(str(item["DiskPath"]) for item in data.get("Use") or ())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _read(path: Path, shown: str, service: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"{shown} is missing"
        raise UsageError(msg, service=service, hint="a Go service needs one; `go mod init NAME` writes it") from None
    except (UnicodeDecodeError, OSError) as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=shown) from None


@dataclass(frozen=True, slots=True)
class Layout:
    """The modules that a service's build takes in, by their folders relative to the context.

    Parameters
    ----------
    context:
        The folder that holds them all, relative to the repository.
    workspace:
        The go.work that joins them, relative to the repository, "" where none does.
    manifests:
        The folders whose go.mod the go command reads.
    sources:
        The folders whose sources the service is made of.
    own:
        The workspace's modules as others of it require them, "PATH@VERSION=./FOLDER": `go mod download` asks a proxy
        for a required version of a module even where the workspace has the module itself, so it is told where that is.
    """

    context: str
    workspace: str
    manifests: tuple[str, ...]
    sources: tuple[str, ...]
    own: tuple[str, ...] = ()


def layout(root: Path, path: str, own: Module, settings: Service, service: str) -> Layout:
    """Return which modules a service's build takes in: those of its go.work, or those that it is told to replace.

    Raises
    ------
    UsageError
        If a local module lies outside the repository or the context.
    """
    for place in _workspaces(Path(path), settings):
        file = root / place / "go.work"
        folders = (
            [_relative(root, root / place / item, service, "go.work uses") for item in used(file)] if file.is_file() else []
        )
        if path in folders:
            context = settings.context or place.as_posix()
            _contained([*folders, place.as_posix()], context, service)
            known = {path: own}
            for folder in folders:
                known.setdefault(folder, module(root / folder / "go.mod", joined(folder, "go.mod"), service))
            needed = _needed(path, known)
            work = (place / "go.work").as_posix()
            return Layout(context, work, _below(folders, context), _below(needed, context), _own(known, context))
    folders = [path, *(_relative(root, root / path / item, service, f"{own.file} replaces a module by") for item in own.local)]
    context = settings.context or Path(os.path.commonpath([f"./{folder}" for folder in folders])).as_posix()
    _contained(folders, context, service)
    return Layout(context, "", _below(folders, context), _below(folders, context))


def _workspaces(path: Path, settings: Service) -> list[Path]:
    if settings.go.workspace == "off":
        return []
    return [Path(settings.go.workspace)] if settings.go.workspace else [path, *path.parents]


def _relative(root: Path, folder: Path, service: str, what: str) -> str:
    resolved = folder.resolve()
    if not resolved.is_relative_to(root.resolve()):
        msg = f"{what} {os.path.relpath(resolved, root.resolve())}, which lies outside the repository"
        raise UsageError(
            msg, service=service, hint="a build sees nothing beyond the repository's root: move the module into it"
        )
    return resolved.relative_to(root.resolve()).as_posix()


def _contained(folders: Sequence[str], context: str, service: str) -> None:
    for folder in folders:
        if not Path(folder).is_relative_to(context):
            msg = f"the module in {folder} lies outside the context {context}"
            raise UsageError(msg, service=service, key="context", hint="name a folder that holds it, too")


def _below(folders: Sequence[str], context: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(Path(folder).relative_to(context).as_posix() for folder in folders))


def _needed(path: str, known: Mapping[str, Module]) -> list[str]:
    """Return the folders of a workspace's modules that a module requires, itself first."""
    names = {item.path: folder for folder, item in known.items()}
    order, pending = [path], [path]
    while pending:
        for required, _ in known[pending.pop()].requires:
            folder = names.get(required, "")
            if folder and folder not in order:
                order.append(folder)
                pending.append(folder)
    return order


def _own(known: Mapping[str, Module], context: str) -> tuple[str, ...]:
    names = {item.path: Path(folder).relative_to(context).as_posix() for folder, item in known.items()}
    required = {(path, version) for item in known.values() for path, version in item.requires if path in names}
    return tuple(f"{path}@{version}=./{names[path]}" for path, version in sorted(required))


@cache
def _go() -> str:
    return shutil.which("go") or ""


def _by_go(command: str, path: Path) -> dict[str, Any] | None:
    """Return what the go command reads in a file; None where there is no go command, or it cannot read it."""
    if not _go():
        return None
    environ = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    try:
        done = subprocess.run(  # noqa: S603 - the go command of this machine
            [_go(), command, "edit", "-json", str(path.resolve())],
            cwd=tempfile.gettempdir(),
            env=environ,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        data = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return data if isinstance(data, dict) else None


def _by_lines(text: str) -> dict[str, Any]:
    def first(pattern: str) -> str:
        found = re.search(pattern, text, re.MULTILINE)
        return found[1] if found else ""

    return {
        "Module": {"Path": first(r"^module\s+\"?([^\s\"]+)")},
        "Go": first(r"^go\s+(\d+(?:\.\d+){0,2})\S*\s*(?://.*)?$"),
        "Toolchain": first(r"^toolchain\s+(go\S+)"),
        "Require": [
            {"Path": path, "Version": version}
            for path, version in re.findall(r"^(?:require)?\s+\"?([\w.-]+/\S+?)\"?\s+(v\d\S*)(?:\s*//.*)?$", text, re.MULTILINE)
        ],
        "Replace": [{"New": {"Path": target}} for target in re.findall(r"=>\s+(\.\S*)", text)],
    }
