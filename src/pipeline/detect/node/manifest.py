"""package.json: its data with the lines of its keys, and what installs and images take of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline.detect.found import Found
from pipeline.detect.syntax import document
from pipeline.errors import UsageError
from pipeline.files import plain

T = TypeVar("T")

AT_RUN_TIME = ("dependencies", "optionalDependencies")
"""The tables of what a package needs when it runs."""

_NOT_RUN_FIELDS = (
    *("scripts", "devDependencies", "workspaces", "packageManager", "files", "publishConfig", "private"),
    *("overrides", "resolutions", "pnpm", "peerDependenciesMeta", "dependenciesMeta", "installConfig", "volta"),
    *("ava", "babel", "c8", "commitlint", "eslintConfig", "eslintIgnore", "husky", "jest", "lint-staged", "mocha"),
    *("nodemonConfig", "nyc", "prettier", "release", "simple-git-hooks", "stylelint", "ts-node", "tsup", "turbo", "xo"),
)
"""What package managers and development tools read alone: an edit of it makes no other image."""

_INSTALL_FIELDS = (
    "name",
    "version",
    "type",
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "bundledDependencies",
    "overrides",
    "engines",
    "os",
    "cpu",
    "private",
    "workspaces",
    "resolutions",
    "dependenciesMeta",
    "installConfig",
    "bin",
    "pnpm",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package.json: its data, its name relative to the repository, and the lines of its keys."""

    data: Mapping[str, Any]
    file: str
    lines: Mapping[tuple[str, ...], int]

    @property
    def name(self) -> str:
        """The package's name, "" where it has none."""
        return str(self.data.get("name", ""))

    def table(self, key: str) -> Mapping[str, Any]:
        """Return the object of a key, an empty one where it has none."""
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}

    def line(self, *path: str) -> int:
        """Return the line of an entry, 0 where there is none."""
        return self.lines.get(path, 0)

    def found(self, key: str, value: T, *path: str) -> Found[T]:
        """Return a value for a key of the configuration that the manifest's entry at a path tells."""
        return Found(key, value, self.file, self.line(*path), ".".join(path))

    def depends_on(self, name: str) -> bool:
        """Whether a package is among the dependencies, those for development included."""
        return any(name in self.table(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))

    def for_install(self, *, workspaces: bool) -> str:
        """Return what an install reads: no scripts, and whether it is a workspace's root only where that counts."""
        left_out = () if workspaces else ("workspaces", "private", "bin")
        return _json({key: self.data[key] for key in _INSTALL_FIELDS if key in self.data and key not in left_out})

    def for_runtime(self) -> str:
        """Return what may be read when the service runs: by node for its modules, by programs for anything."""
        return _json({key: value for key, value in self.data.items() if key not in _NOT_RUN_FIELDS})


def read(path: Path, shown: str, service: str) -> Manifest:
    """Read a package.json.

    Raises
    ------
    UsageError
        If it is missing or not valid.
    """
    try:
        data = json.loads(plain(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        msg = f"{shown} is missing"
        raise UsageError(msg, service=service, hint="a Node service needs one; `npm init` writes it") from None
    except json.JSONDecodeError as error:
        msg = f"not valid JSON: {error.msg}"
        raise UsageError(msg, file=shown, line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError, OSError) as error:
        msg = f"cannot be read: {error}"
        raise UsageError(msg, file=shown) from None
    if not isinstance(data, dict):
        msg = "not an object"
        raise UsageError(msg, file=shown, line=1)
    return Manifest(data, shown, document(path).lines)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
