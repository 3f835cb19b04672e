"""The modules of a build: a go.mod, those that its `replace` lines lead to, or those that a go.work joins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Service
from pipeline.detect import programs
from pipeline.detect.found import Found, joined
from pipeline.detect.golang.directives import directives
from pipeline.errors import UsageError
from pipeline.files import plain, resolved

OLDEST = (1, 21)
"""The oldest Go that is to be had as a module; older code is built by a newer Go, as Go itself promises."""

DEFAULT = "1.26"
"""The Go that builds what is older than that."""


@dataclass(frozen=True, slots=True)
class Module:
    """What building a module takes to know of its go.mod.

    Parameters
    ----------
    file:
        The name of go.mod, relative to the repository.
    go, toolchain:
        The versions of those lines, "" where there is none.
    lines:
        The lines of those two, by their names.
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
    lines: Mapping[str, int]

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
        line = self.lines[asked[release]]
        if _numbers(release)[:2] < OLDEST:
            why = f"go {release} is older than the Go versions to be had, and newer ones build it"
            return Found("go.version", DEFAULT, self.file, line, why)
        return Found("go.version", release, self.file, line, f"{asked[release]} line")


def module(path: Path, shown: str, service: str) -> Module:
    """Read a go.mod.

    Raises
    ------
    UsageError
        If it is missing or is none.
    """
    found = list(directives(_read(path, shown, service)))
    single = {item.name: item for item in found if item.name in {"module", "go", "toolchain"} and item.words}
    if "module" not in single:
        msg = "no `module` line"
        raise UsageError(msg, file=shown, hint="`go mod init NAME` writes one")
    versions = {name: item.words[0].removeprefix("go").removeprefix("default") for name, item in single.items()}
    targets = [item.words[item.words.index("=>") + 1 :] for item in found if item.name == "replace" and "=>" in item.words]
    return Module(
        file=shown,
        path=single["module"].words[0],
        go=versions.get("go", ""),
        toolchain=versions.get("toolchain", ""),
        requires=tuple((item.words[0], item.words[1]) for item in found if item.name == "require" and len(item.words) > 1),
        local=tuple(target[0] for target in targets if target and target[0].startswith((".", "/"))),
        lines={name: item.line for name, item in single.items()},
    )


def used(path: Path, shown: str, service: str) -> tuple[str, ...]:
    """Return the folders of the modules that a go.work uses, relative to its own."""
    return tuple(item.words[0] for item in directives(_read(path, shown, service)) if item.name == "use" and item.words)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version)[:3])


def _read(path: Path, shown: str, service: str) -> str:
    try:
        return plain(path).read_text(encoding="utf-8")
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
        If a local module lies outside the repository or the context, if that is not the folder of go.work, or if the go.work
        that is asked for does not use the module.
    """
    for place in _workspaces(Path(path), settings):
        file = root / place / "go.work"
        folders = (
            [
                _relative(root, root / place / item, service, "go.work uses")
                for item in used(file, (place / "go.work").as_posix(), service)
            ]
            if file.is_file()
            else []
        )
        if path in folders:
            context, work = place.as_posix(), (place / "go.work").as_posix()
            if settings.context not in {None, context}:
                msg = f"{work} joins the modules, and the context {settings.context} is not its folder"
                hint = f'set `context = "{context}"`, or leave it out; `go.workspace = "off"` builds without {work}'
                raise UsageError(msg, service=service, key="context", hint=hint)
            if outside := _outside(folders, context):
                msg = f"the module in {outside} lies outside {context}"
                hint = f"move {work} to a folder that holds it, too"
                raise UsageError(msg, service=service, key="go.workspace", hint=hint)
            known = {path: own}
            for folder in folders:
                known.setdefault(folder, module(root / folder / "go.mod", joined(folder, "go.mod"), service))
            needed = _needed(root, path, known, settings.go.tags)
            return Layout(context, work, _below(folders, context), _below(needed, context), _own(known, context))
    if settings.go.workspace and settings.go.workspace != "off":
        msg = f"there is no {joined(settings.go.workspace, 'go.work')} that uses {path}"
        raise UsageError(msg, service=service, key="go.workspace", hint="correct `go.workspace`, or leave it out")
    folders = [path, *(_relative(root, root / path / item, service, f"{own.file} replaces a module by") for item in own.local)]
    context = settings.context or Path(os.path.commonpath([f"./{folder}" for folder in folders])).as_posix()
    if outside := _outside(folders, context):
        msg = f"the module in {outside} lies outside the context {context}"
        raise UsageError(msg, service=service, key="context", hint="name a folder that holds it, too")
    return Layout(context, "", _below(folders, context), _below(folders, context))


def _workspaces(path: Path, settings: Service) -> list[Path]:
    if settings.go.workspace == "off":
        return []
    return [Path(settings.go.workspace)] if settings.go.workspace else [path, *path.parents]


def _relative(root: Path, folder: Path, service: str, what: str) -> str:
    place = resolved(folder)
    if not place.is_relative_to(root.resolve()):
        msg = f"{what} {os.path.relpath(place, root.resolve())}, which lies outside the repository"
        raise UsageError(
            msg, service=service, hint="a build sees nothing beyond the repository's root: move the module into it"
        )
    return place.relative_to(root.resolve()).as_posix()


def _outside(folders: Sequence[str], context: str) -> str:
    """Return the first folder that does not lie in a context, "" if all do."""
    return next((folder for folder in folders if not Path(folder).is_relative_to(context)), "")


def _below(folders: Sequence[str], context: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(Path(folder).relative_to(context).as_posix() for folder in folders))


def _needed(root: Path, path: str, known: Mapping[str, Module], tags: Sequence[str]) -> list[str]:
    """Return the folders of a workspace's modules that a module requires, or imports without a word in its go.mod, itself first."""
    names = {item.path: folder for folder, item in known.items()}
    order, pending = [path], [path]
    while pending:
        folder = pending.pop()
        wanted = {required for required, _ in known[folder].requires}
        if unasked := [name for name in names if name not in wanted and names[name] not in order]:
            wanted |= _imported(programs.programs(root / folder, folder, programs.GO_FILES, tags), unasked)
        added = [names[name] for name in names if name in wanted and names[name] not in order]
        order += added
        pending += added
    return order


def _imported(files: Sequence[programs.Program], modules: Sequence[str]) -> set[str]:
    """Return the modules that programs import packages of."""
    return {name for name in modules for item in files if re.search(rb'"%s["/]' % re.escape(name.encode()), item.content)}


def _own(known: Mapping[str, Module], context: str) -> tuple[str, ...]:
    names = {item.path: Path(folder).relative_to(context).as_posix() for folder, item in known.items()}
    required = {(path, version) for item in known.values() for path, version in item.requires if path in names}
    return tuple(f"{path}@{version}=./{names[path]}" for path, version in sorted(required))
