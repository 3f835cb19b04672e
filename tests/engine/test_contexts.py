"""What a build is given from here is what it sees."""

from __future__ import annotations

import os

import pytest
from dagger import dag

from pipeline import engine
from pipeline.archive import opened
from pipeline.bases.model import load
from pipeline.folders import cache_folder

# One that ends with a line travels in the Dockerfile itself, any other as a file.
TEXTS = ("a" * 300, "b" * 300, "c" * 300, "d" * 300 + "\n", "e" * 300 + "\n")


async def test_made_files_of_one_size_are_told_apart(ours):
    async with engine.session(engine.Choice.BUILDKIT, print):
        for text in TEXTS:
            made = dag.directory().with_new_file("version", text).with_timestamps(0)
            assert await made.file("version").contents() == text


async def test_files_of_one_size_and_time_are_told_apart(ours, tmp_path):
    for text, place in (("one", "a/src"), ("two", "b/src"), ("six", "a/src")):
        file = tmp_path / place / "file"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (7, 7))
        async with engine.session(engine.Choice.BUILDKIT, print):
            copied = dag.directory().with_directory("/", dag.host().directory(str(file.parent)))
            assert await copied.with_timestamps(0).file("file").contents() == text


MAKE_LINKS = "mkdir -p /x/y; echo a >/x/a; ln /x/a '/x/y/b\n c'; ln /x/a /x/d; echo a >/x/other; echo e >/x/e; ln /x/e /x/f"
LINKS = {"x/d": "x/a", "x/y/b\n c": "x/a", "x/f": "x/e"}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda tree: tree.with_timestamps(9), {"mtime": 9, "uid": 0}),
        (lambda tree: tree.chown("/x", "7:8"), {"uid": 7, "gid": 8}),
    ],
)
async def test_a_file_of_several_names_stays_one(ours, tmp_path, change, changed):
    folder = cache_folder() / "bases"
    base = next(base for base in load(folder) if base.request.role == "config")
    async with engine.session(engine.Choice.BUILDKIT, print):
        made = dag.container().import_(dag.host().file(str(folder / base.archive))).with_exec(["sh", "-ec", MAKE_LINKS])
        tree = change(dag.directory().with_directory("/x", made.directory("/x")))
        await dag.container().with_directory("/", tree).export(str(tmp_path / "image.tar"))
    with opened(tmp_path / "image.tar") as image:
        ((_, manifest),) = image.manifests()
        found = {info.name: info for layer in manifest["layers"] for info, _ in image.files(layer)}
    assert {name: info.linkname for name, info in found.items() if info.islnk()} == LINKS
    files = [info for name, info in found.items() if name.startswith("x/")]
    assert [{name: getattr(info, name) for name in changed} for info in files] == [changed] * 7
