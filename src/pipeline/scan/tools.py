"""Which scanners look into an image: those that are known here, pinned by `tools/scan/go.mod`, and the user's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from pipeline.config import FILE_NAME, Config, ScanTool
from pipeline.detect import GoService, NodeService
from pipeline.errors import UsageError
from pipeline.gotools import Tool
from pipeline.sbom import Contents, document
from pipeline.scan.databases import Wanted

FOLDER = "/scan"
SBOM, IMAGE, DATABASE = f"{FOLDER}/sbom.cdx.json", f"{FOLDER}/image", f"{FOLDER}/database"
"""Where a scanner finds what it is given."""

_OSV_ADDRESS = "https://osv-vulnerabilities.storage.googleapis.com"
_GO_ADDRESS = "https://vuln.go.dev"
_ECOSYSTEMS = {"npm": "npm", "golang": "Go", "deb/debian": "Debian", "apk/alpine": "Alpine"}
"""What OSV calls where packages of a kind, and of a distribution, come from."""
_DISTRIBUTED = ("deb", "apk")


@dataclass(frozen=True, slots=True)
class Target:
    """An image for one platform that is scanned: the service, as it was detected, and what is in the image."""

    name: str
    service: NodeService | GoService
    contents: Contents


@dataclass(frozen=True, slots=True)
class Look:
    """What a scanner is given of an image, and the command that prints what was found in it, () where there is nothing to find.

    Parameters
    ----------
    sbom:
        A list of packages. Where it is the same, nothing is scanned again.
    files:
        Whether it is given the image's files, too.
    sources:
        Whether it looks into what the image's program is compiled from, where the compiler is, and not into the image.
    left_out:
        What of the image it does not look up, by package.
    """

    command: tuple[str, ...]
    sbom: str = ""
    files: bool = False
    sources: bool = False
    left_out: tuple[str, ...] = ()


Looks = Callable[[Target, Collection[str]], Look]


@dataclass(frozen=True, slots=True)
class Scanner:
    """A scanner as it is set up.

    Parameters
    ----------
    image:
        The image that it is in, "" where it is a program.
    program:
        A program in the repository, "" where it is built from `tool`.
    database:
        What it needs to know, None where it needs nothing, or brings it along.
    looks:
        Returns what it is given of an image; it is told the names of what is in its database.
    """

    name: str
    image: str
    program: str
    tool: Tool | None
    database: Wanted | None
    looks: Looks

    @property
    def database_place(self) -> str:
        """Where it finds its database: osv-scanner looks into a folder of that name in the one that it is told."""
        return f"{DATABASE}/osv-scalibr" if self.name == "osv-scanner" else DATABASE


def scanners(config: Config, services: Mapping[str, NodeService | GoService], root: Path) -> tuple[Scanner, ...]:
    """Return the scanners that look into the images of some services.

    Raises
    ------
    UsageError
        If one is not known and nothing tells what it is.
    """
    tools = config.scan.tools or {"osv-scanner": ScanTool()}
    found = [_scanner(name, settings, services, root) for name, settings in tools.items()]
    return tuple(item for item in found if item)


def _scanner(name: str, settings: ScanTool, services: Mapping[str, NodeService | GoService], root: Path) -> Scanner | None:
    key = f"scan.tools.{name}"
    known = _KNOWN.get(name)
    if settings.image and settings.program:
        msg = "has both `image` and `program`"
        raise UsageError(msg, file=FILE_NAME, key=key, hint="leave out one of them")
    if not known and not (settings.image or settings.program):
        msg = "is no scanner that is known here"
        hint = f"name its `image` or its `program`; known are {' and '.join(_KNOWN)}"
        raise UsageError(msg, file=FILE_NAME, key=key, hint=hint)
    if settings.program and not (root / settings.program).is_file():
        msg = f"there is no file {settings.program}"
        raise UsageError(msg, file=FILE_NAME, key=f"{key}.program", hint="name it by its path in the repository")
    if known is _govulncheck and not any(isinstance(service, GoService) for service in services.values()):
        return None
    return Scanner(
        name,
        settings.image or "",
        settings.program or "",
        _TOOLS.get(name),
        _database(name, settings, services),
        _own(tuple(settings.command or [name])) if settings.command or not known else known,
    )


def _database(name: str, settings: ScanTool, services: Mapping[str, NodeService | GoService]) -> Wanted | None:
    key = f"scan.tools.{name}.database"
    if name == "osv-scanner":
        kinds = ("npm" if isinstance(service, NodeService) else "Go" for service in services.values())
        required = [f"{kind}/all.zip" for kind in sorted(set(kinds))]
        return Wanted(name, settings.database or _OSV_ADDRESS, key, required, ["Debian/all.zip", "Alpine/all.zip"])
    if name == "govulncheck":
        required = ["index/db.json", "index/modules.json", "index/vulns.json"]
        return Wanted(name, settings.database or _GO_ADDRESS, key, required, archive="vulndb.zip")
    if not settings.database:
        return None
    if "://" in settings.database:
        msg = f"{settings.database!r} is an address, which is downloaded for known scanners alone"
        raise UsageError(msg, file=FILE_NAME, key=key, hint="name a folder")
    return Wanted(name, settings.database, key, [])


def _osv(target: Target, ecosystems: Collection[str]) -> Look:
    """Have osv-scanner look up what its database has: of an ecosystem that it has not, it would look up nothing at all."""
    kept: list[dict[str, Any]] = []
    left_out: list[str] = []
    listed = json.loads(document(target.name, target.contents, "cyclonedx"))
    for item in listed["components"]:
        advised = _advised(item)
        if item["version"] and _ecosystem(advised["purl"]) in ecosystems:
            kept.append(advised)
        elif item["version"]:
            left_out.append(f"{item['name']} {item['version']}")
    command = ("osv-scanner", "scan", "source", "--offline", "--local-db-path", DATABASE, "--format", "json")
    sbom = json.dumps({name: listed[name] for name in ("bomFormat", "specVersion", "version")} | {"components": kept}, indent=2)
    return Look((*command, "--lockfile", SBOM) if kept else (), sbom, left_out=tuple(dict.fromkeys(left_out)))


def _advised(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a package as advisories have it: of a distribution they name its release, and source packages."""
    address, _, rest = item["purl"].partition("?")
    told = parse_qs(rest)
    if _kind(address) not in _DISTRIBUTED or "distro" not in told:
        return dict(item)
    name, _, version = told.get("upstream", [item["name"]])[0].partition("@")
    version = version or item["version"]
    distribution = address.rpartition("@")[0].rpartition("/")[0]
    purl = f"{distribution}/{quote(name)}@{quote(version)}?distro={told['distro'][0]}"
    return {**item, "purl": purl, "name": name, "version": version}


def _ecosystem(purl: str) -> str:
    kind = _kind(purl)
    if kind in _DISTRIBUTED:
        # Of a distribution without its release nothing can be looked up.
        return _ECOSYSTEMS.get(urlsplit(purl).path.rpartition("/")[0], "") if "distro=" in purl else ""
    return _ECOSYSTEMS.get(kind, "")


def _kind(purl: str) -> str:
    return urlsplit(purl).path.partition("/")[0]


def _govulncheck(target: Target, names: Collection[str]) -> Look:  # noqa: ARG001 - one form for all
    """Have govulncheck follow the calls in the sources: a program without its symbol table does not tell what it calls."""
    if not isinstance(target.service, GoService):
        return Look(())
    tags = (f"-tags={','.join(target.service.tags)}",) if target.service.tags else ()
    command = ("govulncheck", f"-db=file://{DATABASE}", "-format=json", *tags, target.service.main, *target.service.binaries)
    return Look(command, sources=True)


def _own(command: Sequence[str]) -> Looks:
    def looks(target: Target, names: Collection[str]) -> Look:  # noqa: ARG001 - as above
        return Look(tuple(command), document(target.name, target.contents, "cyclonedx"), files=True)

    return looks


_KNOWN: Mapping[str, Looks] = {"osv-scanner": _osv, "govulncheck": _govulncheck}
_TOOLS = {
    PurePosixPath(package).name: Tool("scan", package, takes)
    for package, takes in (
        ("github.com/google/osv-scanner/v2/cmd/osv-scanner", "some minutes"),
        ("golang.org/x/vuln/cmd/govulncheck", "half a minute"),
    )
}
