"""Official images of a hub: their addresses, and what of them a base takes."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.bases.model import Base, BaseRequest, Settings

_TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_LOADERS = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}
_LIBRARIES = ("libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libstdc++.so.6")

_C_LIBRARIES = ("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2")

PROBE = "busybox:1"
"""The image that tells whether a hub answers."""


def address(request: BaseRequest, settings: Settings) -> str:
    """Return the address of the official image that a base is, or is taken from."""
    image = {
        "node-build": f"node:{request.version}-bookworm-slim",
        "node-runtime": f"node:{request.version}-bookworm-slim",
        "go-build": f"golang:{request.version}-bookworm",
        "libc": "debian:bookworm-slim",
        "config": PROBE,
    }[request.role]
    return f"{settings.hub}/{image}"


def override(request: BaseRequest, settings: Settings) -> str:
    """Return the address that the user named for a base, "" if there is none."""
    named = {"node-build": settings.node, "node-runtime": settings.node, "go-build": settings.go, "config": settings.config}
    return named.get(request.role, "")


def base(request: BaseRequest, settings: Settings, pins: Mapping[str, str]) -> Base:
    """Return a base that is an official image, or a choice of its files. An address without a pin stands for itself."""
    title = address(request, settings)
    pinned = pins.get(title, title)
    # A base with packages is the whole image: which of its files they need, nobody can tell from outside.
    chosen = request.role in {"node-runtime", "libc"} and not request.packages
    return Base(
        request,
        "hub",
        title,
        pinned.partition("@")[2],
        address=pinned,
        files=_runtime_files(request) if chosen else (),
        links=_runtime_links(request.platform) if chosen else (),
    )


def _runtime_files(request: BaseRequest) -> tuple[str, ...]:
    """Return the files of an official image that a program needs to run: no official image is as small."""
    processor = request.platform.partition("/")[2]
    folder = f"/usr/lib/{_TRIPLES[processor]}"
    # The slim image of the distribution has no compiler's libraries; what is linked against C alone needs none.
    names = _LIBRARIES if request.role == "node-runtime" else _C_LIBRARIES
    libraries = tuple(f"{folder}/{name}" for name in names)
    program = ("/usr/local/bin/node",) if request.role == "node-runtime" else ()
    return (
        "/etc/group",
        "/etc/os-release",
        "/etc/passwd",
        *libraries,
        f"{folder}/{_LOADERS[processor]}",
        *program,
    )


def _runtime_links(platform: str) -> tuple[tuple[str, str], ...]:
    """Return the links beside those files: the loader's address is part of every program."""
    processor = platform.partition("/")[2]
    triple, loader = _TRIPLES[processor], _LOADERS[processor]
    merged = ("lib", "lib64") if processor == "amd64" else ("lib",)
    place = f"/usr/{merged[-1]}/{loader}"
    return (*((f"/{name}", f"usr/{name}") for name in merged), (place, f"/usr/lib/{triple}/{loader}"))
