"""The Go toolchain from the Go module proxy: the module that the go command itself downloads to switch versions."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.bases.errors import BaseError, LockError
from pipeline.bases.oci import Tree
from pipeline.bases.tools import run

_MODULE = "golang.org/toolchain"
_HINT = 'install Go, or take the official images: `from = "hub"` under [bases]'
_COVDATA = r"(go\.mod|vendor/modules\.txt)$|(covdata|internal/(bio|cov|pkgpattern|telemetry)|vendor/golang\.org/x/telemetry)/"
"""What `go test -cover` makes a command of where it comes upon a package without tests."""

_LEFT_OUT = re.compile(rf"(api|doc|misc|test)/|src/cmd/(?!{_COVDATA})|pkg/tool/[^/]+/fix$|.*/testdata/|.*_test\.go$")
"""What no build, test or vet reads. Go's own commands are there as programs, as far as these call them: their sources are a third
of all files."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Go toolchain pinned by version and by the checksum database's sum."""

    version: str
    sum: str


def resolve(wanted: str, platform: str) -> Toolchain:
    """Return the exact toolchain for a version; for a version without a patch number the newest patch."""
    version = wanted if wanted.count(".") > 1 else _newest(wanted, platform)
    return Toolchain(version, str(_download(version, platform)["Sum"]))


def fetch(toolchain: Toolchain, platform: str) -> Path:
    """Return the toolchain's module zip. The go command keeps it in its module cache, and checks its sum.

    Raises
    ------
    LockError
        If the sum is not the pinned one.
    """
    found = _download(toolchain.version, platform)
    if found["Sum"] != toolchain.sum:
        msg = f"Go {toolchain.version} has another checksum than its pin says"
        raise LockError(msg, hint="`pipeline lock` pins what is offered now")
    return Path(str(found["Zip"]))


def _newest(wanted: str, platform: str) -> str:
    text = run(["go", "list", "-m", "-versions", _MODULE], env=_env(), cwd=Path(tempfile.gettempdir()), hint=_HINT)
    suffix = platform.replace("/", "-")
    found = re.findall(rf"v0\.0\.1-go({re.escape(wanted)}\.\d+)\.{suffix}\b", text)
    if not found:
        msg = f"the module proxy has no Go {wanted} for {platform}"
        raise BaseError(msg, hint="set `go.version` of the service to a release that exists")
    return str(max(found, key=lambda item: tuple(map(int, item.split(".")))))


def _download(version: str, platform: str) -> dict[str, object]:
    module = f"{_MODULE}@v0.0.1-go{version}.{platform.replace('/', '-')}"
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads(run(["go", "mod", "download", "-json", module], cwd=Path(folder), env=_env(), hint=_HINT))
    if not isinstance(found, dict) or "Zip" not in found:
        msg = f"there is no Go {version} for {platform}"
        raise BaseError(msg, hint="set `go.version` of the service to a release that exists")
    return found


def _env() -> dict[str, str]:
    # A setting for somebody's own code must not reach the download of the toolchain.
    return {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOWORK": "off"}


def fill(tree: Tree, path: Path) -> None:
    """Lay a toolchain into a tree at /usr/local/go, and a GOPATH for the build user."""
    with zipfile.ZipFile(path) as packed:
        for item in sorted(packed.infolist(), key=lambda entry: entry.filename):
            name = item.filename.split("@", 1)[1].partition("/")[2]
            if item.is_dir() or _LEFT_OUT.match(name):
                continue
            mode = 0o755 if name.startswith(("bin/", "pkg/tool/")) else 0o644
            with packed.open(item) as body:
                tree.file(f"usr/local/go/{name}", body, item.file_size, mode=mode)
    for folder in ("go", "go/bin", "go/pkg", "go/src"):
        tree.folder(folder, owner=1000)
