"""Results as JSON, so that those of two engines can be compared: file trees, image configurations, errors, plain values."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagger
from blobs import unpacked

from conformance.program import Given

PRESENT = 1_700_000_000
"""Seconds since 1970. Times after it are when something was built, and not told; no program asks for a later one."""

_CHANGING = re.compile(r"/tmp/[^\s:]*|[0-9a-z]{25}|[0-9a-f]{8,}|[0-9]{6,}")
"""What is different in an error each time: temporary files, ids, times."""

_LIMIT = 200
_HIDDEN = ".wh."


async def observe(value: Any, given: Given) -> Any:
    """Return what a program returned, as JSON."""
    match value:
        case dagger.Container():
            return await _image(value, given)
        case dagger.Directory():
            return await _directory(value, given)
        case dagger.File():
            named = await value.name()
            return {"name": named, "tree": await _directory(dagger.dag.directory().with_file(named, value), given)}
        case Path():
            return host_tree(value)
        case Mapping():
            return {key: await observe(item, given) for key, item in value.items()}
        case list() | tuple():
            return [await observe(item, given) for item in value]
        case _:
            return value


def refusal(error: dagger.DaggerError) -> Any:
    """Return an error as JSON. How an engine words what is no command's failure is its own affair, and not compared."""
    if isinstance(error, dagger.ExecError):
        return {
            "failed": error.command,
            "exit_code": error.exit_code,
            "stdout": error.stdout,
            "stderr": error.stderr,
        }
    return {"refused": _CHANGING.sub("…", str(error).partition(" [traceparent:")[0])}


async def _directory(directory: dagger.Directory, given: Given) -> Any:
    pack = ["tar", "-c", "-f", "/seen.tar", "-C", "/seen", "."]
    packed = given.base.with_mounted_directory("/seen", directory).with_exec(pack).file("/seen.tar")
    with tempfile.TemporaryDirectory() as folder:
        await packed.export(f"{folder}/seen.tar")
        return dict(sorted(_entries(Path(folder, "seen.tar").read_bytes())))


async def _image(container: dagger.Container, given: Given) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        await container.export(f"{folder}/image.tar")
        return read_image(Path(folder, "image.tar"), given.dressed)


def read_image(archive: Path, base: Path) -> Any:
    """Return an image archive: its configuration, and where its files differ from a base's."""
    with tarfile.open(base) as tar:
        _, known = _read(tar, _top(tar))
    with tarfile.open(archive) as tar:
        variants = [_variant(tar, digest, known) for digest in _images(tar, _top(tar))]
    return variants[0] if len(variants) == 1 else {"platforms": variants}


def _variant(tar: tarfile.TarFile, digest: str, known: Mapping[str, Any]) -> Any:
    config, tree = _read(tar, digest)
    shown = {path: entry for path, entry in sorted(tree.items()) if not _same(path, entry, known.get(path))}
    removed = dict.fromkeys(sorted(known.keys() - tree.keys())) if known.keys() & tree.keys() else {}
    return {"config": _told(config), "tree": {**shown, **removed}}


def _told(config: Mapping[str, Any]) -> Any:
    """Return what counts of a configuration. What is empty is the same as what is not there."""
    image = {name: value for name, value in sorted(config.get("config", {}).items()) if value not in (None, "", [], {})}
    return {"platform": f"{config['os']}/{config['architecture']}", **image}


def _top(tar: tarfile.TarFile) -> str:
    return str(_json(tar, "index.json")["manifests"][0]["digest"])


def _images(tar: tarfile.TarFile, digest: str) -> list[str]:
    manifests = _json(tar, _blob(digest)).get("manifests")
    return [str(item["digest"]) for item in manifests] if manifests else [digest]


def _read(tar: tarfile.TarFile, digest: str) -> tuple[Any, dict[str, Any]]:
    manifest = _json(tar, _blob(digest))
    tree: dict[str, Any] = {}
    for layer in manifest["layers"]:
        body = _bytes(tar, _blob(layer["digest"]))
        lay(tree, unpacked(body))
    return _json(tar, _blob(manifest["config"]["digest"])), tree


def lay(tree: dict[str, Any], layer: bytes) -> None:
    """Lay a layer over a tree: what it hides goes, what it holds comes."""
    entries = dict(_entries(layer))
    for path in entries:
        folder, _, name = path.rstrip("/").rpartition("/")
        if name.startswith(_HIDDEN):
            hidden = f"{folder}/" if name == ".wh..wh..opq" else f"{folder}/{name.removeprefix(_HIDDEN)}".lstrip("/")
            for known in list(tree):
                if known.startswith(f"{hidden.rstrip('/')}/") or known == hidden:
                    del tree[known]
    for path, entry in entries.items():
        if path != "./" and not path.rstrip("/").rpartition("/")[2].startswith(_HIDDEN):
            tree.pop(path.removesuffix("/") if path.endswith("/") else f"{path}/", None)
            tree[path] = entry


def _entries(archive: bytes) -> Iterator[tuple[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for item in tar:
            path = item.name.removeprefix("./").strip("/") or "."
            entry: dict[str, Any] = {"mode": f"{item.mode:04o}", "owner": f"{item.uid}:{item.gid}"}
            if item.mtime < PRESENT:
                entry["time"] = int(item.mtime)
            if item.issym() or item.islnk():
                entry["link" if item.issym() else "same as"] = item.linkname.removeprefix("./")
            elif body := tar.extractfile(item):
                entry["content"] = _content(body.read())
            elif not item.isdir():
                entry["kind"] = item.type.decode()
            yield f"{path}/" if item.isdir() else path, entry


def host_tree(path: Path) -> Any:
    """Return a file or folder of the host, by its place below it. Its owner is whoever ran the program, and not told."""
    found = {}
    for item in [path, *path.rglob("*")] if path.is_dir() else [path]:
        info = item.lstat()
        entry: dict[str, Any] = {"mode": f"{info.st_mode & 0o7777:04o}"}
        if info.st_mtime < PRESENT:
            entry["time"] = int(info.st_mtime)
        if item.is_symlink():
            entry["link"] = str(item.readlink())
        elif item.is_file():
            entry["content"] = _content(item.read_bytes())
        name = str(item.relative_to(path)) if item != path else "."
        found[f"{name}/" if item.is_dir() and not item.is_symlink() else name] = entry
    return dict(sorted(found.items()))


def _content(body: bytes) -> str:
    try:
        text = body.decode()
    except ValueError:
        text = ""
    return text if len(body) <= _LIMIT and (text or not body) else f"sha256:{hashlib.sha256(body).hexdigest()}"


def _same(path: str, entry: Any, known: Any) -> bool:
    """Return whether an entry is as the base has it. A folder's time tells only that something in it was made."""
    return bool(entry == known or (known and path.endswith("/") and {**entry, "time": 0} == {**known, "time": 0}))


def _json(tar: tarfile.TarFile, name: str) -> Any:
    return json.loads(_bytes(tar, name))


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _bytes(tar: tarfile.TarFile, name: str) -> bytes:
    body = tar.extractfile(name)
    assert body is not None, f"{name} is no file of the archive"
    return body.read()
