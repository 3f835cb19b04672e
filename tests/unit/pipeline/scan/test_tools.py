"""Which scanners look into which images, and what they are given."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from pipeline.config import Config
from pipeline.detect import GoService, NodeService
from pipeline.errors import UsageError
from pipeline.sbom import Component, Contents
from pipeline.scan.tools import Target, scanners

DIGEST = "sha256:" + "a" * 64
PURLS = {
    "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12&upstream=glibc": "libc6",
    "pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12@12.1": "libgcc-s1",
    "pkg:deb/debian/tzdata@2025b-0?arch=all&distro=debian-12": "tzdata",
    "pkg:deb/debian/odd@1?arch=all": "odd",
    "pkg:generic/node@22.11.0": "node",
    "pkg:npm/%40scope/x@2.0.0": "@scope/x",
}


def service(kind, **settings):
    made = object.__new__(kind)
    for name, value in settings.items():
        object.__setattr__(made, name, value)
    return made


def version(purl):
    return unquote(purl.rpartition("@")[2].partition("?")[0])


NODE = service(NodeService)
GO = service(GoService, tags=("osusergo", "x"), main="./cmd/app", binaries=("./cmd/other",))
TARGET = Target(
    "api",
    NODE,
    Contents(DIGEST, "linux/amd64", "", tuple(Component(purl, PURLS[purl], version(purl), "", "p") for purl in PURLS)),
)


def found(tmp_path, scan=None, **services):
    config = Config.model_validate({"services": {"api": {"path": "."}}, "scan": scan or {}})
    return scanners(config, services or {"api": NODE}, tmp_path)


def test_osv_scanner_is_what_there_is(tmp_path):
    [only] = found(tmp_path, api=NODE, auth=GO)
    assert only.name == "osv-scanner"
    assert only.tool.package.startswith("github.com/google/osv-scanner/")
    assert list(only.database.required) == ["Go/all.zip", "npm/all.zip"]
    assert only.database_place == "/scan/database/osv-scalibr"


def test_it_is_given_what_its_database_has(tmp_path):
    [only] = found(tmp_path)
    look = only.looks(TARGET, {"npm", "Debian"})
    listed = json.loads(look.sbom)["components"]
    assert [item["name"] for item in listed] == ["glibc", "gcc-12", "tzdata", "@scope/x"]
    assert [item["purl"] for item in listed] == [
        "pkg:deb/debian/glibc@2.36-9%2Bdeb12u9?distro=debian-12",
        "pkg:deb/debian/gcc-12@12.1?distro=debian-12",
        "pkg:deb/debian/tzdata@2025b-0?distro=debian-12",
        "pkg:npm/%40scope/x@2.0.0",
    ]
    assert look.left_out == ("odd 1", "node 22.11.0")
    assert look.command[-1] == "/scan/sbom.cdx.json"
    assert not look.files
    assert DIGEST not in look.sbom
    assert only.looks(TARGET, ()).command == ()


def test_packages_of_alpine_are_looked_up_by_their_source(tmp_path):
    purl = "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=alpine-3.20.3&upstream=openssl"
    component = Component(purl, "libcrypto3", "3.3.2-r0", "", "lib/apk/db/installed")
    target = Target("api", NODE, Contents(DIGEST, "linux/amd64", "", (component,)))
    [only] = found(tmp_path)
    assert "Alpine/all.zip" in only.database.welcome
    look = only.looks(target, {"npm", "Alpine"})
    assert [item["purl"] for item in json.loads(look.sbom)["components"]] == [
        "pkg:apk/alpine/openssl@3.3.2-r0?distro=alpine-3.20.3"
    ]
    assert only.looks(target, {"npm"}).left_out == ("libcrypto3 3.3.2-r0",)


def test_govulncheck_is_for_go(tmp_path):
    scan = {"tools": {"govulncheck": {}}}
    assert found(tmp_path, scan) == ()
    [only] = found(tmp_path, scan, auth=GO)
    assert only.database.archive == "vulndb.zip"
    look = only.looks(Target("auth", GO, TARGET.contents), ())
    assert look.sources
    assert look.command[-3:] == ("-tags=osusergo,x", "./cmd/app", "./cmd/other")
    assert only.looks(TARGET, ()).command == ()


def test_one_of_your_own(tmp_path):
    (tmp_path / "scan.sh").touch()
    image = f"registry.example/grype@{DIGEST}"
    tools = {
        "grype": {"image": image, "command": ["/grype", "sbom:/scan/sbom.cdx.json"], "database": "known"},
        "own": {"program": "scan.sh"},
        "osv-scanner": {"program": "scan.sh", "database": "known"},
    }
    grype, own, osv = found(tmp_path, {"tools": tools})
    assert (grype.image, grype.database.place, list(grype.database.required)) == (image, "known", [])
    look = grype.looks(TARGET, ())
    assert look.command == ("/grype", "sbom:/scan/sbom.cdx.json")
    assert look.files
    assert DIGEST in look.sbom
    assert own.database is None
    assert own.looks(TARGET, ()).command == ("own",)
    assert osv.looks(TARGET, {"npm"}).command[0] == "osv-scanner"


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ({"mine": {}}, r"scan\.tools\.mine: is no scanner that is known here; name its `image` or its `program`; known are"),
        ({"mine": {"program": "x"}}, r"scan\.tools\.mine\.program: there is no file x"),
        ({"mine": {"program": "x", "image": f"a@{DIGEST}"}}, r"scan\.tools\.mine: has both"),
        ({"mine": {"image": f"a@{DIGEST}", "database": "https://x.example"}}, r"scan\.tools\.mine\.database: .* is an address"),
    ],
)
def test_what_cannot_be(tmp_path, tools, told):
    with pytest.raises(UsageError, match=r"^pipeline\.toml: " + told):
        found(tmp_path, {"tools": tools})
