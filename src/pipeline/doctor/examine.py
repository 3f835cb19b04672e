"""What is examined: the services of a repository and the Dockerfiles below its folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from wcmatch import glob

from pipeline.config import FILE_NAME, Config, Doctor, Service
from pipeline.config.faults import did_you_mean
from pipeline.detect import GoService, detect, survey
from pipeline.doctor import dockerfile as dockerfiles
from pipeline.doctor import linked
from pipeline.doctor.context import Context, context_of
from pipeline.doctor.dockerfile import Dockerfile, Unreadable
from pipeline.doctor.model import Finding, Severity
from pipeline.doctor.rules import FAMILIES, RULES
from pipeline.doctor.service import ServiceFolder
from pipeline.errors import UsageError

_PRUNED = {"node_modules", "vendor", "testdata", "test", "tests", "fixtures", "examples", "example", "e2e", "dist"}
_NO_DOCKERFILES = (".dockerignore", ".md", ".j2", ".tmpl", ".tpl", ".template", ".erb", ".in")
_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Examination:
    """What came of it.

    Parameters
    ----------
    findings:
        By file and line.
    dockerfiles, services:
        What was examined.
    notices:
        What could not be examined, and why.
    """

    findings: tuple[Finding, ...]
    dockerfiles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(item.severity is Severity.ERROR for item in self.findings)


async def examine(
    root: Path,
    paths: Sequence[Path],
    config: Config | None,
    frontend: tuple[int, int] | None = None,
) -> Examination:
    """Look for pitfalls.

    Parameters
    ----------
    root:
        The repository: names in findings are relative to it.
    paths:
        Folders and Dockerfiles below it; a Dockerfile that is named is examined wherever it lies.
    config:
        The services, None to look for them.
    frontend:
        The version of the engine's own Dockerfile frontend, None where no engine is asked.

    Raises
    ------
    UsageError
        If a path is not there or lies elsewhere.
    """
    root = root.resolve()
    chosen = config.doctor if config else Doctor()
    _check_rules(chosen)
    wanted = [_below(root, path) for path in paths] or [root]
    findings: list[Finding] = []
    notices: list[str] = []
    files: list[str] = []
    for path in _dockerfiles(root, wanted, chosen.exclude):
        name = path.relative_to(root).as_posix()
        try:
            read = _read(root, path, name, frontend)
        except Unreadable as error:
            notices.append(f"{name}{f':{error.line}' if error.line else ''}: not readable as a Dockerfile: {error}")
            continue
        files.append(name)
        findings += [item for family in FAMILIES if family.dockerfile for item in family.dockerfile(read)]
    services: list[str] = []
    for found in _services(root, config, notices):
        if not any(found.folder.resolve().is_relative_to(path) for path in wanted) or _excluded(
            found.settings.path, chosen.exclude
        ):
            continue
        services.append(found.name)
        service = await _linked(found, notices)
        told = (item for family in FAMILIES if family.service for item in family.service(service))
        findings += [item for item in told if not _excluded(item.file, chosen.exclude)]
    kept = {item: None for item in findings if not {item.rule.id, item.rule.family}.intersection(chosen.ignore)}
    ordered = sorted(kept, key=lambda item: (item.file, item.line, _ORDER.index(item.severity), item.rule.id))
    return Examination(tuple(ordered), tuple(files), tuple(services), tuple(notices))


def root_of(paths: Sequence[Path]) -> Path:
    """Return the root that paths are examined from: the present folder, or what they have in common where they lie elsewhere."""
    here = Path.cwd()
    resolved = [path.resolve() for path in paths]
    if all(path.is_relative_to(here) for path in resolved):
        return here
    common = Path(os.path.commonpath(resolved))
    return common if common.is_dir() else common.parent


def _check_rules(settings: Doctor) -> None:
    known = {rule.id for rule in RULES} | {family.id for family in FAMILIES}
    for name in settings.ignore:
        if name not in known:
            msg = f"there is no rule {name!r}"
            hint = did_you_mean(name, known) or "docs/doctor.md lists them"
            raise UsageError(msg, file=FILE_NAME, key="doctor.ignore", hint=hint)


def _below(root: Path, path: Path) -> Path:
    resolved = path.resolve()
    if not resolved.exists():
        msg = f"{path} does not exist"
        raise UsageError(msg, hint="name a folder or a Dockerfile")
    if not resolved.is_relative_to(root):
        msg = f"{path} does not lie in {root}"
        raise UsageError(msg, hint="point --root to a folder that has all of them")
    return resolved


def _dockerfiles(root: Path, wanted: Iterable[Path], exclude: Sequence[str]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in wanted:
        for found in [path] if path.is_file() else _walk(path):
            name = found.relative_to(root).as_posix()
            if found not in seen and (found == path or not _excluded(name, exclude)):
                seen.add(found)
                yield found


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _PRUNED and not name.startswith("."))
        yield from (Path(where, name) for name in sorted(files) if is_dockerfile(name))


def is_dockerfile(name: str) -> bool:
    """Whether a file is a Dockerfile by its name."""
    if name.startswith(".") or name.lower().endswith(_NO_DOCKERFILES):
        return False
    whole = name.lower() in {"dockerfile", "containerfile"} or name.lower().endswith(".dockerfile")
    return whole or name.startswith(("Dockerfile.", "Dockerfile-", "Containerfile."))


def _excluded(name: str, patterns: Sequence[str]) -> bool:
    return any(
        glob.globmatch(name, [pattern, f"{pattern.rstrip('/')}/**"], flags=glob.GLOBSTAR | glob.DOTGLOB) for pattern in patterns
    )


def _read(root: Path, path: Path, name: str, frontend: tuple[int, int] | None) -> Dockerfile:
    """Read a Dockerfile; what it copies tells with which context it is built."""
    first = dockerfiles.read(path, name, Context(root, path.parent, None), frontend)
    sources = [
        source
        for stage in first.stages
        for item in stage.instructions
        if item.from_context
        for source in item.copied
        if source != "."
    ]
    return dockerfiles.read(path, name, context_of(root, path, sources), frontend)


def _services(root: Path, config: Config | None, notices: list[str]) -> Iterator[ServiceFolder]:
    for name, settings in (config.services if config else _found(root)).items():
        kind = settings.kind or ("node" if (root / settings.path / "package.json").is_file() else "go")
        try:
            detected = detect(root, name, settings)
        except UsageError as error:
            detected = None
            notices.append(f"service {name} cannot be built yet: {error}")
        yield ServiceFolder(root, name, settings, kind, detected)


async def _linked(service: ServiceFolder, notices: list[str]) -> ServiceFolder:
    """Return a service with the packages that it is linked from, where C is not linked in anyway."""
    if not isinstance(service.detected, GoService) or service.detected.cgo:
        return service
    try:
        return replace(service, packages=await linked.packages(service.root, service.detected))
    except linked.Unlisted as reason:
        notices.append(f"service {service.name}, what it is linked from: {reason}")
        return service


def _found(root: Path) -> Mapping[str, Service]:
    return {item.name: Service(path=item.path, kind=_KINDS[item.kind]) for item in survey(root).services}


_KINDS: Mapping[str, Literal["node", "go"]] = {"node": "node", "go": "go"}
