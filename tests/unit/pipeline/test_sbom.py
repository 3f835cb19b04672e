"""What is in an image: found by its own files, written in both formats, the same each time."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from pipeline.bases.oci import make_layer, write_archive
from pipeline.sbom import FORMATS, contents, document
from pipeline.sbom.gobinary import modules

NPM = {
    "app/node_modules/plain/package.json": {"name": "plain", "version": "1.2.3", "license": "MIT"},
    "app/node_modules/@scope/x/package.json": {"name": "@scope/x", "version": "2.0.0"},
    "app/node_modules/plain/node_modules/deep/package.json": {"name": "deep", "version": "0.1.0", "license": {"type": "ISC"}},
    "app/node_modules/plain/esm/package.json": {"type": "module"},
    "app/package.json": {"name": "service", "version": "1.0.0"},
}
RELEASE = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
DEBIAN = b"Package: libc6\nSource: glibc\nVersion: 2.36-9+deb12u9\nArchitecture: amd64\nDescription: C library\n long\n"

STATUS = b"""Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.15-1)
Version: 3.0.15-1~deb12u1
Conffiles:
 /etc/ssl/openssl.cnf 6b2e7f5e
Description: toolkit
 first
 .
 second

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: tzdata
Status: install ok unpacked
Architecture: all
Version: 2025b-0
"""
ALPINE_RELEASE = b'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n'
INSTALLED = b"""C:Q1/a=
P:musl
V:1.2.5-r0
A:x86_64
p:so:libc.musl-x86_64.so.1=1
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755

C:Q1/b=
P:libcrypto3
V:3.3.2-r0
A:x86_64
L:Apache-2.0
o:openssl

"""


@pytest.fixture
def go_binary(tmp_path):
    (tmp_path / "go.mod").write_text("module example.test/tool\n\ngo 1.24\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    subprocess.run([shutil.which("go"), "build", "-o", "tool"], cwd=tmp_path, check=True)
    return (tmp_path / "tool").read_bytes()


@pytest.fixture
def archive(tmp_path, go_binary):
    def fill(tree):
        for path, manifest in NPM.items():
            tree.file(path, json.dumps(manifest).encode())
        tree.file("app/node_modules/broken/package.json", b"{")
        tree.file("var/lib/dpkg/status.d/libc6", DEBIAN)
        tree.file("usr/lib/os-release", RELEASE)
        tree.file("usr/local/bin/node", b"\x7fELF\0node.js/v22.11.0\0")
        tree.file("bin/app", go_binary, mode=0o755)

    write_archive(tmp_path / "image.tar", "linux/amd64", [make_layer(tmp_path / "layer.tar.gz", 1, fill)], {})
    return tmp_path / "image.tar"


def test_what_ships_is_found_and_nothing_else(archive):
    [found] = contents(archive)
    assert found.platform == "linux/amd64"
    purls = [item.purl for item in found.components if not item.purl.startswith("pkg:golang/stdlib@")]
    assert purls == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:generic/node@22.11.0",
        "pkg:golang/example.test/tool",
        "pkg:npm/%40scope/x@2.0.0",
        "pkg:npm/deep@0.1.0",
        "pkg:npm/plain@1.2.3",
    ]
    assert len(found.components) == len(purls) + 1


@pytest.mark.parametrize(
    ("files", "purls"),
    [
        (
            {"usr/lib/os-release": RELEASE, "var/lib/dpkg/status": STATUS},
            [
                "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl%403.0.15-1",
                "pkg:deb/debian/tzdata@2025b-0?arch=all&distro=debian-12",
            ],
        ),
        (
            {"etc/os-release": ALPINE_RELEASE, "lib/apk/db/installed": INSTALLED},
            [
                "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=alpine-3.20.3&upstream=openssl",
                "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3",
            ],
        ),
        (
            {"usr/lib/apk/db/installed": INSTALLED},
            [
                "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&upstream=openssl",
                "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64",
            ],
        ),
        ({"var/lib/dpkg/status": b"\n", "lib/apk/db/installed": b"\n"}, []),
    ],
)
def test_packages_of_an_ordinary_distribution(tmp_path, files, purls):
    [found] = contents(image(tmp_path, files))
    assert [item.purl for item in found.components] == purls


def test_packages_are_those_of_the_last_layer_that_tells(tmp_path):
    later = STATUS.partition(b"\n\n")[0]
    [found] = contents(image(tmp_path, {"var/lib/dpkg/status": STATUS}, {"var/lib/dpkg/status": later}))
    assert [item.name for item in found.components] == ["libssl3"]


def image(folder, *layers):
    """Write an image whose layers have some files."""
    made = []
    for number, files in enumerate(layers):

        def fill(tree, files=files):
            for path, body in files.items():
                tree.file(path, body)

        made.append(make_layer(folder / f"{number}.tar.gz", 1, fill))
    write_archive(folder / "image.tar", "linux/amd64", made, {})
    return folder / "image.tar"


def test_both_formats_list_the_same(archive):
    [found] = contents(archive)
    cyclonedx, spdx = (json.loads(document("api", found, form)) for form in ("cyclonedx", "spdx"))
    expected = [item.purl for item in found.components]
    assert [item["purl"] for item in cyclonedx["components"]] == expected
    assert [item["externalRefs"][0]["referenceLocator"] for item in spdx["packages"][1:]] == expected
    assert cyclonedx["metadata"]["component"]["version"] == spdx["packages"][0]["versionInfo"] == found.digest
    licences = {item["name"]: item.get("licenses") for item in cyclonedx["components"]}
    assert licences["plain"] == [{"expression": "MIT"}]
    assert licences["deep"] is None
    assert {item["SPDXID"] for item in spdx["packages"]} == {item["relatedSpdxElement"] for item in spdx["relationships"]}


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_image_gives_the_same_document(archive, form):
    assert document("api", contents(archive)[0], form) == document("api", contents(archive)[0], form)


def test_modules_of_a_go_program_are_those_that_go_tells(go_binary, tmp_path):
    told = json.loads(
        subprocess.run(["go", "version", "-m", "-json", tmp_path / "tool"], capture_output=True, check=True).stdout
    )
    found = modules(go_binary)
    assert f"go{found.go}" == told["GoVersion"].partition(" ")[0]
    assert found.modules == ((told["Main"]["Path"], told["Main"]["Version"]),)


def test_a_module_that_is_replaced_stands_as_what_replaces_it():
    lines = b"path\ta.test/x\nmod\ta.test/x\t(devel)\t\ndep\tb.test/y\tv1.0.0\n=>\tc.test/y\tv1.2.0\th1:x=\ndep\td.test/z\tv2.0.0\th1:y=\nbuild\t-x=y\n"
    texts = b"".join(
        bytes([len(text) & 0x7F | 0x80, len(text) >> 7]) + text for text in (b"go1.26.8 X:odd", bytes(16) + lines + bytes(16))
    )
    mark = b"\xff Go buildinf:"
    program = b"\x7fELF".ljust(20) + mark + bytes(30) + b"".ljust(64 - len(mark) - 50) + mark + b"\x08\x02" + bytes(16) + texts
    found = modules(program)
    assert found.go == "1.26.8"
    assert found.modules == (("a.test/x", "(devel)"), ("c.test/y", "v1.2.0"), ("d.test/z", "v2.0.0"))


@pytest.mark.parametrize("body", [b"", b"#!/bin/sh", b"\x7fELF".ljust(99), b"\x7fELF".ljust(16) + b"\xff Go buildinf:"])
def test_what_is_no_go_program(body):
    assert modules(body) is None
