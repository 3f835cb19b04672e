"""What is read of the host without an engine: a tree's files, and nothing beside it."""

from __future__ import annotations

import pytest

from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.planner import Planner


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
    evaluator = Planner.make("", tmp_path / "state")
    assert await evaluator.read(file(folder, "file", *exclude)) == b"inside"
    assert await evaluator.read(file(folder, "near", *exclude)) == b"inside"
    for path in ("far", "up", "missing"):
        with pytest.raises(InvalidOperation, match=f"there is no file '/{path}'"):
            await evaluator.read(file(folder, path, *exclude))


async def test_what_is_left_out_is_not_read(folder, tmp_path):
    with pytest.raises(InvalidOperation, match="there is no file '/file'"):
        await Planner.make("", tmp_path / "state").read(file(folder, "file", "file"))
