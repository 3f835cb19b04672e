"""The packages in an image archive: of npm, of Go, of the distribution, and node itself."""

from __future__ import annotations

import email.parser
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.archive import Archive, opened
from pipeline.errors import PipelineError

_NPM = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json\Z")
_DEBIAN = re.compile(r"var/lib/dpkg/status\.d/[^/]+\Z")
_NODE = "usr/local/bin/node"
_NODE_VERSION = re.compile(rb"\bnode\.js/v(\d+\.\d+\.\d+)\b")
_ELF = b"\x7fELF"
_GO_INFO = b"\xff Go buildinf:"
_SECONDS = 60


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """A package: its address (a package URL), name, version, licence ("" if it tells none), and where it was found."""

    purl: str
    name: str
    version: str
    licence: str
    path: str


@dataclass(frozen=True, slots=True)
class Contents:
    """An image for one platform: the digest of its manifest, its platform, the time that it is of, and its packages."""

    digest: str
    platform: str
    created: str
    components: tuple[Component, ...]


def contents(archive: Path) -> tuple[Contents, ...]:
    """Return what is in an image archive, by platform.

    Raises
    ------
    PipelineError
        If there is a Go binary in it and no Go here to read it with.
    """
    with opened(archive) as image:
        return tuple(_contents(image, digest, manifest) for digest, manifest in image.manifests())


def _contents(image: Archive, digest: str, manifest: Mapping[str, Any]) -> Contents:
    config = image.document(manifest["config"]["digest"])
    found: set[Component] = set()
    for layer in manifest["layers"]:
        for info, file in image.files(layer):
            if file:
                found.update(_components(info.name, file.read(), str(config["architecture"])))
    platform = f"{config['os']}/{config['architecture']}"
    return Contents(digest, platform, str(config.get("created", "")), tuple(sorted(found)))


def _components(path: str, body: bytes, architecture: str) -> Iterable[Component]:
    if _NPM.match(path):
        return _npm(path, body)
    if _DEBIAN.match(path):
        return _debian(path, body, architecture)
    if path == _NODE:
        return _node(path, body)
    if body.startswith(_ELF) and _GO_INFO in body:
        return _go(path, body)
    return ()


def _npm(path: str, body: bytes) -> Iterator[Component]:
    try:
        manifest = json.loads(body)
    except ValueError:
        return
    # A folder of a package may have a manifest that says no more than how its files are to be read.
    if isinstance(manifest, dict) and (name := manifest.get("name")) and (version := manifest.get("version")):
        licence = manifest.get("license")
        purl = f"pkg:npm/{quote(str(name), safe='/')}@{quote(str(version))}"
        yield Component(purl, str(name), str(version), licence if isinstance(licence, str) else "", path)


def _debian(path: str, body: bytes, architecture: str) -> Iterator[Component]:
    fields = email.parser.BytesHeaderParser().parsebytes(body)
    name, version = fields["Package"], fields["Version"]
    if name and version:
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={quote(fields['Architecture'] or architecture)}"
        yield Component(purl, name, version, "", path)


def _node(path: str, body: bytes) -> Iterator[Component]:
    if found := _NODE_VERSION.search(body):
        version = found[1].decode()
        yield Component(f"pkg:generic/node@{version}", "node", version, "MIT", path)


def _go(path: str, body: bytes) -> Iterator[Component]:
    """Yield the modules of a Go binary, as Go itself reads them."""
    go = shutil.which("go")
    if not go:
        msg = f"{path} is a Go binary, and its modules are read with Go, which is not installed"
        raise PipelineError(msg, hint="install Go 1.25 or newer")
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        done = subprocess.run(  # noqa: S603 - our own arguments
            [go, "version", "-m", "-json", file.name], capture_output=True, timeout=_SECONDS, check=False
        )
    if done.returncode:
        msg = f"the modules of {path} cannot be read: {done.stderr.decode(errors='replace').strip()}"
        raise PipelineError(msg, hint="Go must be 1.25 or newer")
    info = json.loads(done.stdout)
    version = str(info["GoVersion"]).removeprefix("go").partition(" ")[0]
    yield Component(f"pkg:golang/stdlib@{version}", "stdlib", version, "BSD-3-Clause", path)
    for module in (info.get("Main") or {}, *(info.get("Deps") or ())):
        used = module.get("Replace") or module
        if name := used.get("Path"):
            # What was compiled from a folder has no version.
            known = str(used.get("Version") or "").replace("(devel)", "")
            purl = f"pkg:golang/{quote(name, safe='/')}" + (f"@{quote(known)}" if known else "")
            yield Component(purl, name, known, "", path)
