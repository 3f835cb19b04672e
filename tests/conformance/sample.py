"""The files that programs work on: a folder of the host, and two images with busybox."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pipeline.bases import debian
from pipeline.bases.oci import Tree, make_layer, write_archive
from pipeline.bases.rootfs import fill_busybox
from pipeline.folders import cache_folder
from pipeline.stages.context import default_platform

TIME = 1_500_000_000
"""When every file of the host's folder was last changed."""

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_COMMANDS = (
    "cat chmod echo env false find grep id ln ls mkdir printenv pwd readlink rm sha256sum sleep sort stat tar touch true wc"
)

_FILES: dict[str, tuple[bytes, int]] = {
    ".git/config": (b"[core]\n", 0o644),
    ".hidden": (b"hidden\n", 0o644),
    "README.md": (b"read me\n", 0o644),
    "binary.dat": (bytes(range(256)), 0o644),
    "node_modules/dep/index.js": (b"dep\n", 0o644),
    "private.txt": (b"private\n", 0o600),
    "run.sh": (b"#!/bin/sh\necho ran\n", 0o755),
    "src/lib/data.txt": (b"data\n", 0o644),
    "src/lib/util.py": (b"util\n", 0o644),
    "src/main.py": (b"main\n", 0o644),
    "with space.txt": (b"space\n", 0o644),
}
_FOLDERS = {"empty": 0o755, "shared": 0o1777, "closed": 0o700}
_LINKS = {"to-file": "README.md", "to-folder": "src", "to-nothing": "missing"}

_DRESS: dict[str, Any] = {
    "User": "1001:1001",
    "ExposedPorts": {"8080/tcp": {}},
    "Env": [_PATH, "SECOND=2", "FIRST=1"],
    "Entrypoint": ["/bin/sh", "-c"],
    "Cmd": ["echo default"],
    "Volumes": {"/data": {}},
    "WorkingDir": "/home/node",
    "Labels": {"org.example.b": "b", "org.example.a": "a"},
    "StopSignal": "SIGINT",
    "Healthcheck": {"Test": ["CMD", "/bin/true"], "Interval": 30_000_000_000, "Retries": 2},
}


def write_folder(root: Path) -> None:
    """Write the host's folder."""
    for name, (content, mode) in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    for name, mode in _FOLDERS.items():
        (root / name).mkdir()
        (root / name).chmod(mode)
    for name, target in _LINKS.items():
        (root / name).symlink_to(target)
    for path in [*root.rglob("*"), root]:
        os.utime(path, (TIME, TIME), follow_symlinks=False)


def write_images(folder: Path) -> tuple[Path, Path]:
    """Write the bare and the dressed image as archives and return their paths."""
    apt = debian.Apt(cache_folder(), default_platform().partition("/")[2])
    [package] = apt.fetch(apt.resolve(debian.TOOLS))

    def fill(tree: Tree) -> None:
        fill_busybox(tree, package)
        for command in _COMMANDS.split():
            tree.link(f"bin/{command}", "busybox")

    layer = make_layer(folder / "base.tar.gz", 1, fill)
    base, dressed = folder / "base.tar", folder / "dressed.tar"
    write_archive(base, default_platform(), [layer], {"Env": [_PATH]})
    write_archive(dressed, default_platform(), [layer], _DRESS)
    return base, dressed
