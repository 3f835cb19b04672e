"""Distribution packages: resolved to exact versions, fetched and unpacked without touching the system.

apt runs with folders of ours for its state and cache, so it needs no root and changes nothing; the sources, keys and
proxies are the machine's own.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.bases.errors import BaseError, LockError
from pipeline.bases.tools import run

_INDEX_AGE_SECONDS = 24 * 3600
_HINT = 'on a machine without apt, take the official images: `from = "hub"` under [bases]'

_ONE_AT_A_TIME = threading.Lock()
"""apt builds an index of its own on first use, and two at a time would both do so."""

RUNTIME = ("base-files", "ca-certificates", "libc6", "libgcc-s1", "libstdc++6")
"""What node needs to run, and certificates."""

BUILD = (
    *RUNTIME,
    "bash",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "findutils",
    "grep",
    "gzip",
    "hostname",
    "libacl1",
    "libattr1",
    "libc-bin",
    "libgmp10",
    "libpcre2-8-0",
    "libselinux1",
    "libtinfo6",
    "mawk",
    "sed",
    "tar",
    "zlib1g",
)
"""What scripts of package.json and the go command commonly call."""

TOOLS = ("busybox-static",)


@dataclass(frozen=True, slots=True)
class Package:
    """A package pinned by version and checksum."""

    name: str
    version: str
    sha256: str


class Apt:
    """apt for one architecture, with state of its own."""

    def __init__(self, cache: Path, architecture: str) -> None:
        self._folder = cache / "apt" / architecture
        self._architecture = architecture

    def resolve(self, names: Sequence[str]) -> tuple[Package, ...]:
        """Return the newest version of each package that the machine's sources offer."""
        self._refresh()
        listing = self._apt("download", "--print-uris", *names)
        return tuple(sorted(parse_uris(listing), key=lambda package: package.name))

    def closure(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return packages with all that they depend on, as apt would install them on an empty system.

        Raises
        ------
        BaseError
            If there is no such package.
        """
        self._refresh()
        listing = self._apt("install", "--print-uris", "-qq", "--no-install-recommends", *names)
        return tuple(sorted({found[1] for found in re.finditer(r"' ([^_\s]+)_\S+\.deb ", listing)}))

    def fetch(self, packages: Sequence[Package]) -> list[Path]:
        """Return the files of pinned packages, downloaded unless they are there.

        Raises
        ------
        LockError
            If the sources no longer offer a version, or another file under its name.
        """
        with _ONE_AT_A_TIME:
            paths = [self._folder / "files" / f"{package.sha256}.deb" for package in packages]
            missing = [package for package, path in zip(packages, paths, strict=True) if not path.exists()]
            if missing:
                self._download(missing)
            return paths

    def _download(self, packages: Sequence[Package]) -> None:
        self._refresh()
        (self._folder / "files").mkdir(parents=True, exist_ok=True)
        again = "`pipeline lock` pins what is offered now"
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            try:
                self._apt("download", *(f"{package.name}={package.version}" for package in packages), cwd=Path(folder))
            except BaseError as error:
                msg = f"a locked package cannot be had: {error.message}"
                raise LockError(msg, hint=again) from error
            found = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in Path(folder).glob("*.deb")}
            for package in packages:
                if package.sha256 not in found:
                    msg = f"{package.name} {package.version} has another checksum than its pin says"
                    raise LockError(msg, hint=again)
                found[package.sha256].rename(self._folder / "files" / f"{package.sha256}.deb")

    def _refresh(self) -> None:
        stamp = self._folder / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < _INDEX_AGE_SECONDS:
            return
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        (self._folder / "state" / "status").touch()
        self._apt("-qq", "update")
        stamp.touch()

    def _apt(self, *arguments: str, cwd: Path | None = None) -> str:
        options = {
            "Dir::State": self._folder / "state",
            "Dir::State::status": self._folder / "state" / "status",
            "Dir::Cache": self._folder / "cache",
            "APT::Architecture": self._architecture,
            "APT::Architectures": self._architecture,
            "APT::Sandbox::User": "root",
        }
        flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        return run(["apt-get", *flags, *arguments], cwd=cwd, hint=_HINT)


def parse_uris(listing: str) -> Iterator[Package]:
    """Yield the packages of `apt-get download --print-uris`: `'URI' NAME_VERSION_ARCH.deb SIZE SHA256:…` a line."""
    for line in listing.splitlines():
        if found := re.match(r"'[^']*' (\S+?)_(\S+)_\w+\.deb \d+ SHA256:([0-9a-f]{64})$", line):
            yield Package(found[1], urllib.parse.unquote(found[2]), found[3])


@contextmanager
def unpacked(path: Path) -> Iterator[tarfile.TarFile]:
    """Yield the files of a package as a tar stream."""
    command = ["dpkg-deb", "--fsys-tarfile", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own arguments
        if process.stdout is None:
            msg = "dpkg-deb has no output"
            raise BaseError(msg, hint=_HINT)
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            yield tar
        process.stdout.read()


def control(path: Path) -> str:
    """Return a package's control fields, which tell scanners what is in an image."""
    return run(["dpkg-deb", "-f", str(path)], hint=_HINT)


def names(packages: Iterable[Package]) -> str:
    """Return packages in one line, for a pin or a message."""
    return " ".join(f"{package.name}={package.version}" for package in packages)
