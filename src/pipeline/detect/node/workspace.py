"""Workspaces: the root above a service, its members, and those of them that a service needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect.node.managers import LOCKFILES
from pipeline.detect.node.manifest import AT_RUN_TIME, Manifest, read
from pipeline.files import plain
from pipeline.nesting import is_deep

WHEN_IT_RUNS = (*AT_RUN_TIME, "peerDependencies")
"""The tables by which a member needs another one when it runs."""

_STARS, _BRACES, _COMMAS = 3, 2, 30

_LEADS_OUT = re.compile(r"\.\.|[{,]/")
_FROM_THE_ROOT = re.compile(r"\A(?:\.?/)+")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders that an install joins.

    Parameters
    ----------
    root:
        The folder of the workspace's root, relative to the repository; the service's own where there is no workspace.
    file:
        The file that declares it, relative to the repository, "" where there is none.
    members:
        The manifests of all members by their folders, relative to the root, which is "." and one of them.
    """

    root: str
    file: str = ""
    members: Mapping[str, Manifest] = field(default_factory=dict)

    def needed(self, folder: str, tables: Sequence[str] = (*WHEN_IT_RUNS, "devDependencies")) -> tuple[str, ...]:
        """Return the members that a member depends on by some tables, itself last, each after those that it needs."""
        names = {manifest.name: place for place, manifest in self.members.items()}
        order: list[str] = []
        pending: set[str] = set()

        def add(place: str) -> None:
            if place in pending:
                return
            pending.add(place)
            manifest = self.members[place]
            for key in tables:
                for name, wanted in manifest.table(key).items():
                    other = names.get(name)
                    if other and other != place and _is_local(str(wanted)):
                        add(other)
            order.append(place)

        add(folder)
        return tuple(order)


def _is_local(wanted: str) -> bool:
    """Whether a dependency means the member of that name; npm and yarn classic take any version that fits."""
    return not wanted.startswith(("npm:", "http", "git"))


def find(root: Path, settings: Service, own: Manifest, service: str) -> Workspace:
    """Return the workspace that a service is in: the nearest above it that lists its folder, or its own."""
    path = Path(settings.path)
    named = settings.node.workspace or settings.context
    locked = any((root / path / file).is_file() for file in LOCKFILES)
    places = [Path(named)] if named else [path] if locked else [path, *path.parents]
    for place in places:
        for file, patterns in _declared(root / place).items():
            members = _members(root / place, patterns)
            folder = path.relative_to(place).as_posix() if path.is_relative_to(place) else ""
            if members and folder in {".", *members}:
                shown = {item: (place / item / "package.json").as_posix() for item in (".", *members)}
                manifests = {item: read(root / name, name, service) for item, name in shown.items()}
                return Workspace(place.as_posix(), (place / file).as_posix(), manifests)
    return Workspace(named or settings.path, members={} if named and named != settings.path else {".": own})


def _declared(folder: Path) -> dict[str, Sequence[str]]:
    """Return the patterns of a workspace's members by the file that declares them."""
    found: dict[str, Sequence[str]] = {}
    if (folder / "pnpm-workspace.yaml").is_file():
        found["pnpm-workspace.yaml"] = _texts(_yaml(folder / "pnpm-workspace.yaml").get("packages"))
    try:
        data = json.loads(plain(folder / "package.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return found
    listed = data.get("workspaces") if isinstance(data, dict) else None
    if patterns := _texts(listed.get("packages") if isinstance(listed, dict) else listed):
        found.setdefault("package.json", patterns)
    return found


def _yaml(path: Path) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - few services need it, and its import takes a hundredth of a build

    try:
        text = path.read_text(encoding="utf-8")
        if is_deep(text):
            return {}
        # As texts, lists and tables: what makes more of a value fails in ways of its own where it is none.
        data = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes nothing else
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return data if isinstance(data, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_usual(pattern: str) -> bool:
    """Whether a pattern leads nowhere out, and has as many signs as people write: what many stand for may take for ever to find."""
    if _LEADS_OUT.search(pattern):
        return False
    stars = max(part.count("*") for part in pattern.split("/"))
    return stars <= _STARS and pattern.count("{") <= _BRACES and pattern.count(",") <= _COMMAS


def _members(folder: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    from wcmatch import glob  # noqa: PLC0415 - as above

    patterns = [pattern for pattern in patterns if _is_usual(pattern)]
    wanted = [_manifest(pattern) for pattern in patterns if not pattern.startswith("!")]
    refused = [_manifest(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    found = glob.glob(
        wanted,
        root_dir=folder,
        flags=glob.GLOBSTAR | glob.BRACE,
        exclude=[*refused, "**/node_modules/**"],
    )
    return tuple(sorted(Path(item).parent.as_posix() for item in found))


def _manifest(pattern: str) -> str:
    """Return the pattern of the members' manifests. As for npm, one that begins with a slash begins at the workspace's root."""
    return f"{_FROM_THE_ROOT.sub('', pattern)}/package.json"
