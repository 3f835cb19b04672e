from __future__ import annotations

import hashlib
import os
import time
from collections import Counter

import pytest

from daglet import contexts
from daglet.contexts import Disk, digest, local_name, scan, stage
from daglet.errors import InvalidOperation
from daglet.operations import HostDirectory


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "source"
    (root / "src").mkdir(parents=True)
    (root / "node_modules" / "x").mkdir(parents=True)
    (root / "src" / "index.ts").write_text("1\n")
    (root / "node_modules" / "x" / "y.js").write_text("2\n")
    (root / "README.md").write_text("3\n")
    (root / "link").symlink_to("src/index.ts")
    return root


def test_scan_filters(folder):
    entries = scan(HostDirectory(str(folder), (((), ("**/node_modules", "*.md")),)))
    assert [entry.path for entry in entries] == ["link", "src", "src/index.ts"]


def test_a_folder_is_filtered_as_an_engine_filters_the_same_files(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/b.go", "a/b.log", "c.go"):
        (tmp_path / name).write_text("")
    included = scan(HostDirectory(str(tmp_path), ((("**.go",), ()),)))
    assert [entry.path for entry in included] == ["a", "a/b.go", "c.go"]
    left = scan(HostDirectory(str(tmp_path), (((), ("**.log", "x/../c.go")),)))
    assert [entry.path for entry in left] == ["a", "a/b.go"]


def test_time_is_no_part_of_the_hash(folder):
    before = digest(scan(HostDirectory(str(folder))))
    os.utime(folder / "README.md", (1, 1))
    assert digest(scan(HostDirectory(str(folder)))) == before


def test_content_mode_and_link_are_part_of_the_hash(folder):
    seen = {digest(scan(HostDirectory(str(folder))))}
    (folder / "README.md").write_text("4\n")
    seen.add(digest(scan(HostDirectory(str(folder)))))
    (folder / "README.md").chmod(0o755)
    seen.add(digest(scan(HostDirectory(str(folder)))))
    (folder / "link").unlink()
    (folder / "link").symlink_to("README.md")
    seen.add(digest(scan(HostDirectory(str(folder)))))
    assert len(seen) == 4


def test_staged_copies_hold_what_passed_and_are_reused(folder, tmp_path):
    directory = HostDirectory(str(folder), ((("src",), ()),))
    first = stage(directory, tmp_path / "store")
    assert sorted(path.name for path in first.rglob("*")) == ["index.ts", "src"]
    assert stage(directory, tmp_path / "store") == first


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InvalidOperation, match="does not exist"):
        scan(HostDirectory(str(tmp_path / "gone")))


def test_no_folder_is_listed_and_no_file_is_read_twice(folder, monkeypatch):
    listed, read = Counter(), Counter()
    scandir, file_digest = os.scandir, hashlib.file_digest
    monkeypatch.setattr(os, "scandir", lambda place: listed.update([place]) or scandir(place))
    monkeypatch.setattr(hashlib, "file_digest", lambda file, how: read.update([file.name]) or file_digest(file, how))
    disk = Disk()
    whole, part = HostDirectory(str(folder)), HostDirectory(str(folder / "src"))
    for directory in (whole, part, HostDirectory(str(folder), ((("src",), ()),))):
        scan(directory, disk)
    assert set(listed.values()) == set(read.values()) == {1}
    assert len(read) == 3


LARGE = 2 << 30


def test_what_is_left_out_costs_nothing_however_large_it_is(folder, tmp_path):
    """It is neither read nor listed nor copied; of 2 GiB, all three would take seconds."""
    with (folder / "dump.sql").open("wb") as file:
        file.truncate(LARGE)
    disk = Disk()
    directory = HostDirectory(str(folder), (((), ("*.sql", "node_modules")),))
    copy = stage(directory, tmp_path / "store", disk)
    assert not [path for path in disk._read if path.endswith(".sql")]
    assert not [path for path in disk._listed if "node_modules" in path]
    assert sorted(path.name for path in copy.iterdir()) == ["README.md", "link", "src"]


@pytest.mark.parametrize("count", [1000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("left_out", [True, False])
def test_a_folder_of_many_files(folder, left_out, count):
    for number in range(count):
        (folder / "node_modules" / "x" / f"{number}.js").touch()
    directory = HostDirectory(str(folder), (((), ("node_modules",) if left_out else ()),))
    begun = time.process_time()
    entries = scan(directory)
    assert len(entries) == (4 if left_out else count + 7)
    assert time.process_time() - begun < (0.5 if left_out else 30)


@pytest.mark.slow
def test_two_gibibytes_that_are_taken_in_are_there_and_the_next_time_they_are_not_copied(folder, tmp_path):
    with (folder / "model.bin").open("wb") as file:
        file.truncate(LARGE)
    first = stage(HostDirectory(str(folder)), tmp_path / "store")
    assert (first / "model.bin").stat().st_size == LARGE
    before = (first / "model.bin").stat().st_ctime_ns
    assert (stage(HostDirectory(str(folder)), tmp_path / "store") / "model.bin").stat().st_ctime_ns == before


def test_what_no_pattern_reaches_is_not_looked_at(folder):
    disk = Disk()
    scan(HostDirectory(str(folder), ((("src/*.ts",), ()),)), disk)
    assert sorted(disk._listed) == [f"{folder}/", f"{folder}/src/"]


def test_a_file_that_is_written_to_while_it_is_copied_is_read_again(folder, tmp_path, monkeypatch):
    copyfile, edits = contexts.shutil.copyfile, iter(["new\n"])

    def copied(source, target):
        if text := next(edits, ""):
            (folder / "README.md").write_text(text)
        return copyfile(source, target)

    monkeypatch.setattr(contexts.shutil, "copyfile", copied)
    copy = stage(HostDirectory(str(folder)), tmp_path / "store")
    assert (copy / "README.md").read_text() == "new\n"
    assert copy.name == digest(scan(HostDirectory(str(copy))))
    assert [path.name for path in (tmp_path / "store").iterdir()] == [copy.name]


def test_a_file_that_never_stays_as_it_is_is_named(folder, tmp_path, monkeypatch):
    copyfile = contexts.shutil.copyfile

    def copied(source, target):
        (folder / "README.md").write_text(f"{time.monotonic_ns()}")
        return copyfile(source, target)

    monkeypatch.setattr(contexts.shutil, "copyfile", copied)
    with pytest.raises(InvalidOperation, match=r"README\.md changes while it is read"):
        stage(HostDirectory(str(folder)), tmp_path / "store")
    assert not list((tmp_path / "store").iterdir())


def test_one_folder_keeps_its_name_and_another_has_another(folder, tmp_path):
    """BuildKit takes of a folder what differs from the last one of its name in size or time."""
    directory, other = HostDirectory(str(folder)), HostDirectory(str(folder / "src"))
    before = local_name("src", directory, stage(directory, tmp_path / "store"))
    (folder / "README.md").write_text("4\n")
    assert local_name("src", directory, stage(directory, tmp_path / "store")) == before
    assert local_name("src", other, stage(other, tmp_path / "store")) != before


def test_times_of_whole_seconds_tell_nothing(folder, tmp_path):
    """As of a file out of an archive, or of a checkout that is to be the same each time."""
    directory = HostDirectory(str(folder))
    names = set()
    for text in ("4\n", "5\n"):
        (folder / "README.md").write_text(text)
        os.utime(folder / "README.md", (7, 7))
        names.add(local_name("src", directory, stage(directory, tmp_path / "store")))
    assert len(names) == 2
