"""What is as it was is not asked of the engine again, and whatever else is there is not taken for it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[1] / "corpus" / "node-files"


@pytest.fixture(scope="module")
def built(make_workspace, tmp_path_factory):
    root = tmp_path_factory.mktemp("repository") / SERVICE.name
    shutil.copytree(SERVICE, root)
    made = replace(make_workspace(), root=root)
    first = made.pipeline("build")
    assert first.code == 0, first.err
    return made, first


def archive(workspace):
    [path] = (workspace.root / "dist" / "images").glob("*.tar")
    return path


def test_a_bases_layers_are_those_of_its_archive(built):
    workspace, _ = built
    stores = workspace.state / "daglet"
    given = {path.stat().st_ino for path in stores.glob("layouts/*/blobs/sha256/*")}
    largest = max(stores.glob("images/*/*/blobs/sha256/*"), key=lambda path: path.stat().st_size)
    assert largest.stat().st_ino in given


def test_an_unchanged_image_is_left_where_it_is(built):
    workspace, first = built
    before = archive(workspace).stat()
    again = workspace.pipeline("build")
    assert again.digests() == first.digests()
    assert {stage["status"] for item in again.report["services"] for stage in item["stages"]} == {"cached"}
    assert (archive(workspace).stat().st_ino, archive(workspace).stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("what", ["removed", "written over"])
def test_an_image_that_is_not_what_was_written_is_written_again(built, what):
    workspace, first = built
    content = archive(workspace).read_bytes()
    if what == "removed":
        archive(workspace).unlink()
    else:
        archive(workspace).write_bytes(b"no image")
    again = workspace.pipeline("build")
    assert again.code == 0, again.err
    assert again.digests() == first.digests()
    assert archive(workspace).read_bytes() == content


def test_an_engine_that_starts_from_nothing_builds_though_the_image_is_there(built):
    workspace, first = built
    shutil.rmtree(workspace.state / "daglet" / "engine")
    again = workspace.pipeline("build")
    assert again.code == 0, again.err
    assert again.digests() == first.digests()
    assert "executed" in {stage["status"] for item in again.report["services"] for stage in item["stages"]}
