"""What is asked of a container: its files, what its commands said, itself as an archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from daglet import operations as ops
from daglet import relations
from daglet.errors import InvalidOperation, Unsupported
from daglet.evaluate import Evaluator
from daglet.resolve.paths import at
from daglet.resolve.table import Resolver, serves


@serves("Container", "sync")
async def _sync(evaluator: Evaluator, node: ops.Container | ops.Directory | ops.File) -> Any:
    await evaluator.sync(node)
    return node


serves("Directory", "sync")(_sync)
serves("File", "sync")(_sync)


@serves("Container", "platform")
def _platform(evaluator: Evaluator, container: ops.Container) -> str:
    return container.platform or evaluator.engines.platform


@serves("Container", "imageRef")
async def _image_ref(evaluator: Evaluator, container: ops.Container) -> str:
    if not isinstance(container, ops.FromAddress):
        msg = "imageRef is known only right after from"
        raise InvalidOperation(msg)
    return await evaluator.resolve_address(container)


@serves("Container", "rootfs")
def _rootfs(_: Evaluator, container: ops.Container) -> ops.Directory:
    return ops.ContainerDirectory(container, "/")


def _taken(container: ops.Container, path: str) -> ops.Directory | ops.File | None:
    """Return what is at a path of a container where it is not in its own file system but in something mounted."""
    if not (found := relations.mounted(container, path)):
        return None
    mount, changed = found
    if not isinstance(mount.source, ops.Directory | ops.File):
        msg = f"{path} cannot be taken out of the container: it is in a mounted cache, secret or temporary folder"
        raise InvalidOperation(msg)
    if changed:
        what = f"what commands wrote to {mount.path}, where a directory or file is mounted,"
        raise Unsupported(what)
    inside = PurePosixPath(path).relative_to(mount.path)
    if isinstance(mount.source, ops.File) or inside == PurePosixPath():
        return mount.source
    return ops.SubDirectory(mount.source, f"/{inside}")


@serves("Container", "directory")
def _container_directory(_: Evaluator, container: ops.Container, *, path: str) -> ops.Directory:
    absolute = at(container, path).rstrip("/") or "/"
    taken = _taken(container, absolute)
    return taken if isinstance(taken, ops.Directory) else ops.ContainerDirectory(container, absolute)


@serves("Container", "file")
def _container_file(_: Evaluator, container: ops.Container, *, path: str) -> Any:
    absolute = at(container, path)
    taken = _taken(container, absolute)
    if isinstance(taken, ops.SubDirectory):
        return ops.FileIn(PurePosixPath(absolute).name, taken.parent, taken.path)
    return taken or ops.FileIn(PurePosixPath(absolute).name, ops.ContainerDirectory(container, "/"), absolute)


def _captured(container: ops.Container) -> ops.Container:
    """Return the container with its last command's streams kept in files: BuildKit tells no cached step's output again."""
    cursor = container
    while isinstance(cursor, ops.ContainerStep) and not isinstance(cursor.step, ops.Exec):
        cursor = cursor.parent
    if not (isinstance(cursor, ops.ContainerStep) and isinstance(cursor.step, ops.Exec)):
        msg = "no command has been run in this container: call withExec first"
        raise InvalidOperation(msg)
    return cursor.with_(step=replace(cursor.step, capture=True))  # type: ignore[no-any-return]


async def _kept(evaluator: Evaluator, container: ops.Container, name: str) -> bytes:
    """Return what was kept of the container's last command."""
    captured = _captured(container)
    return await evaluator.read(ops.FileIn(name, ops.ContainerDirectory(captured, "/"), f"{ops.CAPTURE_DIR}/{name}"))


def _stream(name: str) -> Resolver:
    async def resolver(evaluator: Evaluator, container: ops.Container) -> str:
        return evaluator.secrets.hide((await _kept(evaluator, container, name)).decode(errors="replace"))

    return resolver


serves("Container", "stdout")(_stream("stdout"))
serves("Container", "stderr")(_stream("stderr"))


@serves("Container", "exitCode")
async def _exit_code(evaluator: Evaluator, container: ops.Container) -> int:
    return int(await _kept(evaluator, container, "exit_code"))


def _variants(container: ops.Container, others: tuple[ops.Container, ...]) -> tuple[ops.Container, ...]:
    """Return the images of an archive: an empty container that others are handed to is none of them."""
    return others if isinstance(container, ops.Scratch) and others else (container, *others)


@serves("Container", "export")
async def _export_container(
    evaluator: Evaluator, container: ops.Container, *, path: str, platform_variants: tuple[ops.Container, ...] = ()
) -> str:
    target = Path(path).resolve()
    await evaluator.export_archive(_variants(container, platform_variants), target)
    return str(target)


_COMPRESSIONS = {"Gzip": "gzip", "Zstd": "zstd", "EStarGZ": "estargz", "Uncompressed": "uncompressed"}
_COMPRESSIONS |= {name.upper(): word for name, word in _COMPRESSIONS.items()}
"""How BuildKit calls the compressions of layers, by both of the API's names."""


@serves("Container", "publish")
async def _publish(
    evaluator: Evaluator,
    container: ops.Container,
    *,
    address: str,
    platform_variants: tuple[ops.Container, ...] = (),
    forced_compression: str = "",
) -> str:
    compression = _COMPRESSIONS.get(forced_compression, "")
    return await evaluator.publish(_variants(container, platform_variants), address, compression)


@serves("Container", "asTarball")
def _as_tarball(_: Evaluator, container: ops.Container, *, platform_variants: tuple[ops.Container, ...] = ()) -> ops.File:
    return ops.Archive("image.tar", _variants(container, platform_variants))
