"""Node and npm from the npm registry: the binary's own package, and npm's."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.bases.elf import stripped
from pipeline.bases.errors import BaseError, LockError
from pipeline.bases.oci import Tree
from pipeline.bases.tools import run

_HINT = 'install npm, or take the official images: `from = "hub"` under [bases]'
_PROCESSORS = {"amd64": "x64", "arm64": "arm64"}
_NPM_MAJOR = {"14": "6", "16": "8", "22": "10", "24": "11"}
_NPM_LEFT_OUT = ("docs/", "man/", "CHANGELOG.md")


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package pinned by version and checksum (Subresource Integrity, SHA-512)."""

    name: str
    version: str
    integrity: str


def binary_package(platform: str) -> str:
    """Return the name of the package that holds node for a platform."""
    return f"node-linux-{_PROCESSORS[platform.partition('/')[2]]}"


def npm_range(node: str) -> str:
    """Return the npm versions that go with a version of node."""
    return _NPM_MAJOR.get(node.partition(".")[0], "10")


def resolve(name: str, wanted: str) -> NpmPackage:
    """Return the newest version of a package that fits, with its checksum."""
    listed = json.loads(run(["npm", "view", f"{name}@{wanted}", "version", "--json"], hint=_HINT) or "null")
    versions = listed if isinstance(listed, list) else [listed] if listed else []
    if not versions:
        msg = f"the npm registry has no {name} {wanted}"
        raise BaseError(msg, hint="set `node.version` of the service to one that it has")
    version = max(map(str, versions), key=lambda item: tuple(int(part) for part in item.split(".") if part.isdecimal()))
    integrity = json.loads(run(["npm", "view", f"{name}@{version}", "dist.integrity", "--json"], hint=_HINT))
    return NpmPackage(name, version, str(integrity))


def fetch(cache: Path, package: NpmPackage) -> Path:
    """Return a pinned package's file, downloaded unless it is there.

    Raises
    ------
    LockError
        If the registry gives another file under that version.
    """
    path = cache / "npm" / f"{package.name}-{package.version}.tgz"
    if path.exists() and _integrity(path) == package.integrity:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], cwd=Path(folder), hint=_HINT)
        found = next(Path(folder).glob("*.tgz"))
        if _integrity(found) != package.integrity:
            msg = f"{package.name} {package.version} has another checksum than its pin says"
            raise LockError(msg, hint="`pipeline lock` pins what is offered now")
        found.rename(path)
    return path


def _integrity(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha512-{base64.b64encode(hashlib.file_digest(file, 'sha512').digest()).decode()}"


def fill_binary(tree: Tree, path: Path) -> None:
    """Lay node's binary into a tree, without what only debuggers read: an eighth of it."""
    for _, content, _ in _files(path, lambda name: name == "bin/node"):
        tree.file("usr/local/bin/node", stripped(content), mode=0o755)


def fill_headers(tree: Tree, path: Path) -> None:
    """Lay node's headers into a tree, where its own tools for addons look for them."""
    for name, content, _ in _files(path, lambda name: name.startswith("include/")):
        tree.file(f"usr/local/{name}", content)


def fill_npm(tree: Tree, path: Path) -> None:
    """Lay npm into a tree, with its commands."""
    home = "usr/local/lib/node_modules/npm"
    for name, content, mode in _files(path, lambda name: not name.startswith(_NPM_LEFT_OUT)):
        tree.file(f"{home}/{name}", content, mode=0o755 if mode & 0o100 else 0o644)
    for command in ("npm", "npx"):
        tree.link(f"usr/local/bin/{command}", f"../lib/node_modules/npm/bin/{command}-cli.js")


def _files(path: Path, wanted: Callable[[str], bool]) -> list[tuple[str, bytes, int]]:
    """Return the names, contents and modes of those files of a package that are wanted, sorted."""
    # As a stream: whoever goes back in a compressed file unpacks it from its beginning again.
    with tarfile.open(path, "r|gz") as tar:
        found = ((item.name.removeprefix("package/"), item) for item in tar if item.isfile())
        return sorted(
            (name, body.read(), item.mode) for name, item in found if wanted(name) and (body := tar.extractfile(item))
        )
