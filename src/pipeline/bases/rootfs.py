"""A root file system out of distribution packages, extracted but not configured: no program of theirs is run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.bases import debian
from pipeline.bases.oci import Tree

_MERGED = ("bin", "lib", "lib64", "sbin")
_LEFT_OUT = re.compile(
    r"usr/share/(doc|doc-base|man|info|locale|lintian|bash-completion|bug|menu|pixmaps|icons|common-licenses)(/|$)"
    r"|(usr/)?lib/(systemd|udev|tmpfiles.d)(/|$)|etc/(update-motd.d|cron.daily|default|skel|profile.d)(/|$)"
    r"|usr/share/ca-certificates(/|$)|usr/lib/x86_64-linux-gnu/gconv(/|$)|usr/lib/aarch64-linux-gnu/gconv(/|$)"
    r"|(home|media|mnt|srv|opt|boot|dev|proc|sys|run|tmp|root)(/|$)|etc/(passwd|group)$"
    # It asks for openssl, which is not here. Without it a Dagger Engine adds its certificates to the bundle by itself.
    r"|usr/sbin/update-ca-certificates$"
)
_RUNTIME_LEFT_OUT = re.compile(
    r"usr/(bin|sbin|games|local|share/(perl5|gcc|gdb|base-files|dict|misc))(/|$)|var/(backups|spool|mail|local|log|lock|opt)(/|$)"
)

_USERS = "root:x:0:0:root:/root:{shell}\nnode:x:1000:1000::/home/node:{shell}\napp:x:1001:1001::/:{shell}\nnobody:x:65534:65534::/:{shell}\n"
_GROUPS = "root:x:0:\nnode:x:1000:\napp:x:1001:\nnogroup:x:65534:\n"


def fill(tree: Tree, packages: Sequence[tuple[debian.Package, Path]], *, shell: bool) -> None:
    """Lay packages into a tree, with users, a folder for temporary files, and the certificates in one bundle.

    Parameters
    ----------
    shell:
        Whether the tree is one to build in. Without it no program of the packages' is laid in, only libraries and data.
    """
    for link in _MERGED:
        tree.link(link, f"usr/{link}")
    certificates: dict[str, bytes] = {}
    for _, path in packages:
        with debian.unpacked(path) as tar:
            for item in tar:
                name = item.name.removeprefix("./").strip("/")
                if item.isfile() and name.startswith("usr/share/ca-certificates/") and (body := tar.extractfile(item)):
                    certificates[name] = body.read()
                target = _merged(name)
                if not name or name in _MERGED or _LEFT_OUT.match(name) or (not shell and _RUNTIME_LEFT_OUT.match(target)):
                    continue
                if item.issym():
                    tree.link(target, item.linkname)
                elif item.islnk():
                    tree.link(target, _merged(item.linkname.removeprefix("./")), hard=True)
                elif body := tar.extractfile(item):
                    tree.file(target, body, item.size, mode=item.mode & 0o777)
    if shell:
        tree.link("usr/bin/sh", "dash")
    for package, path in packages:
        tree.file(f"var/lib/dpkg/status.d/{package.name}", debian.control(path).encode())
    tree.file("etc/ssl/certs/ca-certificates.crt", b"".join(body for _, body in sorted(certificates.items())))
    people(tree, shell=shell)


def fill_busybox(tree: Tree, path: Path) -> None:
    """Lay busybox into a tree, alone, as every command it knows through /bin/sh."""
    with debian.unpacked(path) as tar:
        for item in tar:
            if item.name.endswith("/busybox") and item.isfile() and (body := tar.extractfile(item)):
                tree.file("bin/busybox", body.read(), mode=0o755)
    tree.link("bin/sh", "busybox")
    people(tree, shell=True)


def people(tree: Tree, *, shell: bool) -> None:
    """Add the users, their home, and a folder for temporary files."""
    tree.file("etc/passwd", _USERS.format(shell="/bin/sh" if shell else "/sbin/nologin").encode())
    tree.file("etc/group", _GROUPS.encode())
    tree.folder("home/node", owner=1000)
    tree.folder("root", mode=0o700)
    tree.folder("tmp", mode=0o1777)


def _merged(name: str) -> str:
    return f"usr/{name}" if name.split("/", 1)[0] in _MERGED else name
