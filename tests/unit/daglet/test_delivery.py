"""Files and trees that are written to the host: over what is there, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daglet import delivery
from daglet.errors import InvalidOperation


@pytest.fixture
def made(tmp_path):
    """Make a tree with a file and a link in a subfolder, of an old time."""
    folder = tmp_path / "made"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "program").write_text("new")
    (folder / "sub" / "program").chmod(0o755)
    (folder / "sub" / "link").symlink_to("program")
    os.utime(folder / "sub" / "program", (1000, 1000))
    (folder / "sub").chmod(0o750)
    os.utime(folder / "sub", (1000, 1000))
    return folder


def test_a_tree_with_links_can_be_written_again(made, tmp_path):
    target = tmp_path / "target"
    for _ in range(2):
        delivery.tree(made, target)
    assert (target / "sub" / "link").readlink() == Path("program")
    assert (target / "sub" / "program").read_text() == "new"
    assert [(target / name).stat().st_mode & 0o777 for name in (".", "sub", "sub/program")] == [0o700, 0o750, 0o755]
    assert [(target / name).stat().st_mtime for name in ("sub", "sub/program")] == [1000, 1000]


def test_what_is_there_beside_it_stays_unless_it_is_wiped(made, tmp_path):
    target = tmp_path / "target"
    (target / "sub").mkdir(parents=True, mode=0o711)
    (target / "sub" / "other").write_text("other")
    (target / "old").symlink_to("nowhere")
    target.chmod(0o711)
    delivery.tree(made, target)
    assert {path.name for path in target.rglob("*")} == {"sub", "other", "old", "program", "link"}
    delivery.tree(made, target, wipe=True)
    assert {path.name for path in target.rglob("*")} == {"sub", "program", "link"}
    assert target.stat().st_mode & 0o777 == 0o711


@pytest.mark.parametrize("place", ["sub/program", "sub/link", "sub"])
def test_no_link_leads_out_of_the_target(made, tmp_path, place):
    target, outside = tmp_path / "target", tmp_path / "outside"
    outside.mkdir()
    (outside / "program").write_text("of somebody else")
    (target / place).parent.mkdir(parents=True)
    (target / place).symlink_to(outside if place == "sub" else outside / "program")
    delivery.tree(made, target)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"program": "of somebody else"}
    assert (target / "sub" / "program").read_text() == "new"
    assert (target / "sub" / "link").readlink() == Path("program")


def test_a_file_takes_the_place_of_a_folder_and_a_folder_that_of_a_file(made, tmp_path):
    target = tmp_path / "target"
    (target / "sub" / "program" / "deep").mkdir(parents=True)
    delivery.tree(made, target)
    assert (target / "sub" / "program").read_text() == "new"
    other = tmp_path / "other"
    other.mkdir()
    (other / "sub").write_text("a file")
    delivery.tree(made, other)
    assert (other / "sub" / "program").read_text() == "new"


def test_a_target_that_is_a_file_is_one_clear_error(made, tmp_path):
    (tmp_path / "target").write_text("")
    with pytest.raises(InvalidOperation, match=r"cannot write \S+/target/sub: Not a directory"):
        delivery.tree(made, tmp_path / "target")


def test_a_file_keeps_the_mode_of_the_one_that_was_there(made, tmp_path):
    target = tmp_path / "new" / "folder" / "program"
    delivery.file(made / "sub" / "program", target)
    assert target.stat().st_mode & 0o777 == 0o755
    target.write_text("old")
    target.chmod(0o600)
    delivery.file(made / "sub" / "program", target)
    assert (target.read_text(), target.stat().st_mode & 0o777, target.stat().st_mtime) == ("new", 0o600, 1000)
    assert [path.name for path in target.parent.iterdir()] == ["program"]


@pytest.mark.parametrize(
    ("source", "target", "reason"), [("sub", "file", "sub is a folder"), ("sub/program", "there", "a folder is there")]
)
def test_no_file_is_written_where_either_is_a_folder(made, tmp_path, source, target, reason):
    into = tmp_path / "into"
    (into / "there").mkdir(parents=True)
    with pytest.raises(InvalidOperation, match=reason):
        delivery.file(made / source, into / target)
    assert [path.name for path in into.rglob("*")] == ["there"]


def test_nothing_stays_of_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "into").mkdir()
    with pytest.raises(InvalidOperation, match="cannot write"):
        delivery.file(tmp_path / "missing", tmp_path / "into" / "file")
    assert not list((tmp_path / "into").iterdir())
