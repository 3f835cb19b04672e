"""The packages in an image archive: of npm, of Go, of the distribution, and node itself."""

from __future__ import annotations

import email.parser
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from pipeline.archive import Archive, opened
from pipeline.sbom.gobinary import modules

_NPM = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json\Z")
_DEBIAN = re.compile(r"var/lib/dpkg/status(?:\.d/[^/]+)?\Z")
"""What dpkg knows of all packages; an image without dpkg has a file for each."""
_ALPINE = re.compile(r"(?:usr/)?lib/apk/db/installed\Z")
_BLANK = re.compile(rb"\n\s*\n")
_NOT_THERE = ("config-files", "not-installed")
_SOURCE = re.compile(r"(?P<name>\S+)(?: \((?P<version>\S+)\))?")
_RELEASES = ("usr/lib/os-release", "etc/os-release")
_NODE = "usr/local/bin/node"
_NODE_VERSION = re.compile(rb"\bnode\.js/v(\d+\.\d+\.\d+)\b")


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
    """Return what is in an image archive, by platform."""
    with opened(archive) as image:
        return tuple(_contents(image, digest, manifest) for digest, manifest in image.manifests())


def _contents(image: Archive, digest: str, manifest: Mapping[str, Any]) -> Contents:
    config = image.document(manifest["config"]["digest"])
    found: set[Component] = set()
    packages: dict[str, bytes] = {}
    release: dict[str, str] = {}
    for layer in manifest["layers"]:
        for info, file in image.files(layer):
            if not file:
                continue
            if info.name in _RELEASES:
                release = dict(
                    word.partition("=")[::2] for word in shlex.split(file.read().decode(errors="replace"), comments=True)
                )
            elif _DEBIAN.match(info.name) or _ALPINE.match(info.name):
                packages[info.name] = file.read()
            else:
                found.update(_components(info.name, file.read()))
    for path, body in packages.items():
        packaged = _debian if _DEBIAN.match(path) else _alpine
        found.update(packaged(path, body, str(config["architecture"]), release))
    platform = f"{config['os']}/{config['architecture']}"
    return Contents(digest, platform, str(config.get("created", "")), tuple(sorted(found)))


def _components(path: str, body: bytes) -> Iterable[Component]:
    if _NPM.match(path):
        return _npm(path, body)
    if path == _NODE:
        return _node(path, body)
    return _go(path, body)


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


def _debian(path: str, body: bytes, architecture: str, release: Mapping[str, str]) -> Iterator[Component]:
    """Yield packages of Debian, and of what is made from it, but for those of which settings alone are left."""
    for stanza in _BLANK.split(body.strip()):
        fields = email.parser.BytesHeaderParser().parsebytes(stanza)
        name, version = fields["Package"], fields["Version"]
        if name and version and not (fields["Status"] or "").endswith(_NOT_THERE):
            source = _SOURCE.match(fields["Source"] or "")
            upstream = "@".join(part for part in source.groups() if part) if source else ""
            distribution = f"deb/{release.get('ID', 'debian')}"
            purl = _purl(distribution, name, version, str(fields["Architecture"] or architecture), upstream, release)
            yield Component(purl, name, version, "", path)


def _alpine(path: str, body: bytes, architecture: str, release: Mapping[str, str]) -> Iterator[Component]:
    """Yield packages of Alpine. Source: apk-tools, apk-package(5); a field's name is one letter, `P` another one than `p`."""
    for stanza in _BLANK.split(body.strip()):
        lines = stanza.decode(errors="replace").split("\n")
        fields: dict[str, str] = dict(line.partition(":")[::2] for line in lines)
        name, version = fields.get("P"), fields.get("V")
        if name and version:
            origin = fields.get("o", name)
            distribution = f"apk/{release.get('ID', 'alpine')}"
            upstream = origin if origin != name else ""
            purl = _purl(distribution, name, version, fields.get("A", architecture), upstream, release)
            yield Component(purl, name, version, fields.get("L", ""), path)


def _purl(distribution: str, name: str, version: str, architecture: str, upstream: str, release: Mapping[str, str]) -> str:
    """Return the address of a distribution's package, with its release and source package: advisories are about those."""
    known = {"arch": architecture}
    if number := release.get("VERSION_ID"):
        known["distro"] = f"{distribution.partition('/')[2]}-{number}"
    if upstream:
        known["upstream"] = upstream
    return f"pkg:{distribution}/{quote(name)}@{quote(version)}?{urlencode(known, safe=':')}"


def _node(path: str, body: bytes) -> Iterator[Component]:
    if found := _NODE_VERSION.search(body):
        version = found[1].decode()
        yield Component(f"pkg:generic/node@{version}", "node", version, "MIT", path)


def _go(path: str, body: bytes) -> Iterator[Component]:
    """Yield the modules of a program, if it is one of Go's."""
    info = modules(body)
    if not info:
        return
    yield Component(f"pkg:golang/stdlib@{info.go}", "stdlib", info.go, "BSD-3-Clause", path)
    for name, version in info.modules:
        # What was compiled from a folder has no version.
        known = version.replace("(devel)", "")
        purl = f"pkg:golang/{quote(name, safe='/')}" + (f"@{quote(known)}" if known else "")
        yield Component(purl, name, known, "", path)
