"""What is in an image: found by its own files, written in both formats, the same each time."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from pipeline.bases.oci import make_layer, write_archive
from pipeline.sbom import FORMATS, contents, document

NPM = {
    "app/node_modules/plain/package.json": {"name": "plain", "version": "1.2.3", "license": "MIT"},
    "app/node_modules/@scope/x/package.json": {"name": "@scope/x", "version": "2.0.0"},
    "app/node_modules/plain/node_modules/deep/package.json": {"name": "deep", "version": "0.1.0", "license": {"type": "ISC"}},
    "app/node_modules/plain/esm/package.json": {"type": "module"},
    "app/package.json": {"name": "service", "version": "1.0.0"},
}
DEBIAN = b"Package: libc6\nVersion: 2.36-9+deb12u9\nArchitecture: amd64\nDescription: C library\n long\n"


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
        tree.file("usr/local/bin/node", b"\x7fELF\0node.js/v22.11.0\0")
        tree.file("bin/app", go_binary, mode=0o755)

    write_archive(tmp_path / "image.tar", "linux/amd64", [make_layer(tmp_path / "layer.tar.gz", 1, fill)], {})
    return tmp_path / "image.tar"


def test_what_ships_is_found_and_nothing_else(archive):
    [found] = contents(archive)
    assert found.platform == "linux/amd64"
    purls = [item.purl for item in found.components if not item.purl.startswith("pkg:golang/stdlib@")]
    assert purls == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64",
        "pkg:generic/node@22.11.0",
        "pkg:golang/example.test/tool",
        "pkg:npm/%40scope/x@2.0.0",
        "pkg:npm/deep@0.1.0",
        "pkg:npm/plain@1.2.3",
    ]
    assert len(found.components) == len(purls) + 1


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
