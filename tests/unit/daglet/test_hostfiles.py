"""Files of the host that are read without an engine: those of a folder, and none that its links lead out to."""

from __future__ import annotations

import pytest

from daglet import hostfiles
from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.hostfiles import HostFiles


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "folder"
    root.mkdir()
    (tmp_path / "outside").write_text("outside")
    (root / "file").write_text("inside")
    (root / "near").symlink_to("/file")
    (root / "far").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to("../outside")
    return root


def file(folder, path, *exclude):
    directory = ops.HostDirectory(str(folder), (((), exclude),) if exclude else ())
    return ops.FileIn(path, directory, f"/{path}")


@pytest.mark.parametrize("exclude", [(), ("other",)])
async def test_links_lead_within_the_tree(folder, tmp_path, exclude):
    files = HostFiles(tmp_path / "kept")
    for path in ("file", "near"):
        assert hostfiles.read(await files.place(file(folder, path, *exclude))) == b"inside"
    for path in ("far", "up", "missing"):
        with pytest.raises(InvalidOperation, match=f"there is no file '/{path}'"):
            await files.place(file(folder, path, *exclude))


async def test_what_is_left_out_is_not_there(folder, tmp_path):
    with pytest.raises(InvalidOperation, match="there is no file '/file'"):
        await HostFiles(tmp_path / "kept").place(file(folder, "file", "file"))


async def test_a_folder_is_read_once(folder, tmp_path):
    files = HostFiles(tmp_path / "kept")
    wanted = file(folder, "file", "other")
    assert hostfiles.read(await files.place(wanted)) == b"inside"
    (folder / "file").write_text("edited")
    assert hostfiles.read(await files.place(wanted)) == b"inside"


async def test_what_a_build_makes_is_not_the_hosts(tmp_path):
    made = ops.ContainerDirectory(ops.FromAddress("alpine"), "/")
    assert await HostFiles(tmp_path).place(ops.FileIn("a", made, "/a")) is None


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InvalidOperation, match=r"cannot read .*missing: No such file"):
        hostfiles.read(tmp_path / "missing")
