"""A history of commits on the sample services: what each one edits, always the same for the same number of commits.

The mix: source 70 %, configuration 10 %, documentation and tests 10 %, lockfile 8 %, base 2 %.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MIX = {"source": 70, "config": 10, "docs": 10, "lockfile": 8, "base": 2}
_SEED = 7
_NODE = {"22": "24", "24": "22"}


@dataclass(frozen=True)
class Commit:
    """One commit: its number, what kind it is of, and the service that it is about ("api" or "auth")."""

    number: int
    kind: str
    service: str

    def apply(self, repository: Path) -> None:
        """Make the edit in a repository."""
        _EDITS[self.kind](repository / "services", self)


def history(length: int) -> list[Commit]:
    """Return a history. The first commit is the repository as it is; of each kind there is at least one."""
    counts = {kind: max(1, round(length * share / 100)) for kind, share in _MIX.items()}
    counts["source"] += length - sum(counts.values())
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    random.Random(_SEED).shuffle(kinds)
    only = {"config": "auth", "base": "api"}
    turns = iter(["api", "auth"] * length)
    return [Commit(number, kind, only.get(kind) or next(turns)) for number, kind in enumerate(kinds, start=1)]


def _source(services: Path, commit: Commit) -> None:
    # Somewhere in the middle of real code, whose value reaches the output.
    if commit.service == "api":
        path, old = services / "api/src/routes/health.ts", r"(// edit \d+\n)?\Z"
        path.write_text(re.sub(old, "", path.read_text(), count=1) + f"export const edit{commit.number} = {commit.number};\n")
    else:
        path = services / "auth/internal/api/edited.go"
        path.write_text(f"package api\n\n// Edited is the number of the last edit.\nvar Edited = {commit.number}\n")


def _config(services: Path, commit: Commit) -> None:
    path = services / "auth/config/production.yaml"
    path.write_text(path.read_text() + f"# edit {commit.number}\n")


def _docs(services: Path, commit: Commit) -> None:
    path = services / commit.service / "README.md"
    path.write_text(path.read_text() + f"Edit {commit.number}.\n")


def _lockfile(services: Path, commit: Commit) -> None:
    if commit.service == "api":
        for path in (services / "api/package.json", services / "api/package-lock.json"):
            path.write_text(re.sub(r'"version": "1\.0\.\d+"', f'"version": "1.0.{commit.number}"', path.read_text(), count=1))
    else:
        with (services / "auth/go.sum").open("a") as file:
            file.write(f"example.com/edited{commit.number} v1.0.0/go.mod h1:{'A' * 43}=\n")


def _base(services: Path, commit: Commit) -> None:
    del commit
    path = services.parent / "node-version"
    version = _NODE[path.read_text()]
    path.write_text(version)


_EDITS: dict[str, Callable[[Path, Commit], None]] = {
    "source": _source,
    "config": _config,
    "docs": _docs,
    "lockfile": _lockfile,
    "base": _base,
}
