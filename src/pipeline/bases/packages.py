"""Bases assembled from packages: which parts each is made of, their pins, and the archive that comes out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.bases import debian, golang, node, rootfs
from pipeline.bases.model import Base, BaseRequest
from pipeline.bases.oci import Compression, Layer, Tree, make_layer, manifest_digest, write_archive

_FORMAT = 4
"""Raised when the same packages give another file system, so that old archives are not taken for new ones."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Packing:
    """How a layer is compressed, and how hard."""

    compression: Compression
    level: int


_SHIPPED = Packing("gzip", 6)
"""What every registry and engine takes. 9 saves 0.7 % more of node in four times the time."""

_LOCAL = Packing("zstd", 9)
"""What stays here: it is unpacked wherever an engine starts from nothing, in a third of gzip's time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a base, with the key of its pin.

    Parameters
    ----------
    resolve:
        Returns the pin's data from what the registries offer now.
    fill:
        Returns what lays the pinned part into a layer.
    """

    key: str
    title: str
    packing: Packing
    resolve: Callable[[], Any]
    fill: Callable[[Any], Callable[[Tree], None]]


def parts(request: BaseRequest, cache: Path) -> tuple[Part, ...]:
    """Return the parts that a base consists of, the ones that change least first."""
    match request.role:
        case "node-build":
            headers = (_headers(request, cache),) if request.packages else ()
            return (
                _debian("build", debian.BUILD, request, cache, _LOCAL),
                _node(request, cache, _LOCAL),
                *headers,
                _npm(request, cache),
            )
        case "node-runtime":
            return (_debian("runtime", debian.RUNTIME, request, cache, _SHIPPED), _node(request, cache, _SHIPPED))
        case "go-build":
            return (_debian("build", debian.BUILD, request, cache, _LOCAL), _go(request))
        case "libc":
            return (_debian("runtime", debian.RUNTIME, request, cache, _SHIPPED),)
        case "config":
            return (_debian("tools", debian.TOOLS, request, cache, _LOCAL),)


def archive_path(request: BaseRequest, pins: Mapping[str, Any], cache: Path) -> Path:
    """Return where the archive of a base made of pinned parts lies, or will."""
    chosen = [_made_of(part, pins[part.key]) for part in parts(request, cache)]
    identity = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()
    name = "-".join(filter(None, [request.role, request.version, request.platform.replace("/", "-"), identity[:8]]))
    return cache / "bases" / f"{name}.tar"


def make_part(part: Part, pin: Any, cache: Path) -> Layer:
    """Return a part's layer, made unless it is there."""
    packing = part.packing
    identity = hashlib.sha256(json.dumps(_made_of(part, pin), sort_keys=True).encode()).hexdigest()[:16]
    path = cache / "layers" / f"{part.key.replace('/', '-')}-{identity}.tar.{packing.compression}"
    return make_layer(path, packing.level, part.fill(pin), packing.compression)


def _made_of(part: Part, pin: Any) -> list[Any]:
    """Return all that a part's layer depends on."""
    return [_FORMAT, part.key, part.packing.compression, part.packing.level, pin]


def assemble(request: BaseRequest, pins: Mapping[str, Any], cache: Path) -> Base:
    """Return a base made of pinned parts; the archive is written unless it is there."""
    chosen = parts(request, cache)
    path = archive_path(request, pins, cache)
    if path.exists():
        digest = manifest_digest(path)
    else:
        layers = [make_part(part, pins[part.key], cache) for part in chosen]
        digest = write_archive(path, request.platform, layers, _image_config(request))
    title = " on ".join(reversed([_title(part, pins[part.key]) for part in chosen[:2]]))
    return Base(request, "packages", title, digest, archive=path.name)


def _title(part: Part, pin: Any) -> str:
    return f"{part.title} {pin['version']}" if isinstance(pin, dict) else part.title


def _image_config(request: BaseRequest) -> dict[str, Any]:
    match request.role:
        case "go-build":
            return {"Env": [f"PATH=/usr/local/go/bin:/go/bin:{_PATH}", "GOPATH=/go", "GOTOOLCHAIN=local"]}
        case _:
            return {"Env": [f"PATH={_PATH}"]}


def _debian(name: str, wanted: Sequence[str], request: BaseRequest, cache: Path, packing: Packing) -> Part:
    apt = debian.Apt(cache, request.platform.partition("/")[2])

    def resolve() -> list[dict[str, str]]:
        names = apt.closure([*wanted, *request.packages]) if request.packages else wanted
        return [asdict(package) for package in apt.resolve(names)]

    def fill(pin: list[dict[str, str]]) -> Callable[[Tree], None]:
        packages = [debian.Package(**item) for item in pin]

        def lay(tree: Tree) -> None:
            found = list(zip(packages, apt.fetch(packages), strict=True))
            if name == "tools":
                rootfs.fill_busybox(tree, found[0][1])
            else:
                rootfs.fill(tree, found, shell=name == "build" or bool(request.packages))

        return lay

    beside = "".join(f"+{package}" for package in request.packages)
    return Part(f"debian/{name}{beside}/{request.platform}", "Debian packages", packing, resolve, fill)


def _node(request: BaseRequest, cache: Path, packing: Packing) -> Part:
    name = node.binary_package(request.platform)

    def fill(pin: dict[str, str]) -> Callable[[Tree], None]:
        return lambda tree: node.fill_binary(tree, node.fetch(cache, node.NpmPackage(**pin)))

    resolve = partial(_as_data, partial(node.resolve, name, request.version))
    return Part(f"node/{request.version}/{request.platform}", "node", packing, resolve, fill)


def _headers(request: BaseRequest, cache: Path) -> Part:
    """Return node's own headers, which addons are compiled against."""
    name = node.binary_package(request.platform)

    def fill(pin: dict[str, str]) -> Callable[[Tree], None]:
        return lambda tree: node.fill_headers(tree, node.fetch(cache, node.NpmPackage(**pin)))

    resolve = partial(_as_data, partial(node.resolve, name, request.version))
    return Part(f"node-headers/{request.version}/{request.platform}", "node's headers", _LOCAL, resolve, fill)


def _npm(request: BaseRequest, cache: Path) -> Part:
    wanted = node.npm_range(request.version)

    def fill(pin: dict[str, str]) -> Callable[[Tree], None]:
        return lambda tree: node.fill_npm(tree, node.fetch(cache, node.NpmPackage(**pin)))

    return Part(f"npm/{wanted}", "npm", _LOCAL, partial(_as_data, partial(node.resolve, "npm", wanted)), fill)


def _go(request: BaseRequest) -> Part:
    def fill(pin: dict[str, str]) -> Callable[[Tree], None]:
        return lambda tree: golang.fill(tree, golang.fetch(golang.Toolchain(**pin), request.platform))

    resolve = partial(_as_data, partial(golang.resolve, request.version, request.platform))
    return Part(f"go/{request.version}/{request.platform}", "Go", _LOCAL, resolve, fill)


def _as_data(resolve: Callable[[], Any]) -> dict[str, str]:
    return asdict(resolve())
