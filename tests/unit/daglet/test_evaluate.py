"""What is refused before an engine is asked, and what folders of the host tell without one."""

from __future__ import annotations

import pytest

from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.planner import Planner
from daglet.resolve import FIELDS


@pytest.fixture
def linked(tmp_path):
    """A folder with links to others: within it, and out of it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("inside")
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "secret").write_text("outside")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "x").write_text("x")
    for name, target in {"in": "/deep", "away": tmp_path / "outer", "above": "../outer", "to-file": "file"}.items():
        (folder / name).symlink_to(target)
    return ops.HostDirectory(str(folder))


@pytest.mark.parametrize("path", ["in/er", "in/../deep/er", "deep/er", "/in/er/"])
async def test_a_link_to_a_folder_leads_within_the_tree(linked, tmp_path, path):
    planner = Planner.make("", tmp_path / "state")
    found = FIELDS["Directory"]["directory"](planner, linked, path=path)
    assert await FIELDS["Directory"]["entries"](planner, found) == ["x"]
    # It alone is read, and not what it is in.
    assert found == ops.HostDirectory(f"{linked.path}/deep/er")


@pytest.mark.parametrize("path", ["away", "above", "away/below", "to-file"])
def test_a_link_out_of_the_tree_leads_to_no_folder_of_the_host(linked, tmp_path, path):
    found = FIELDS["Directory"]["directory"](Planner.make("", tmp_path / "state"), linked, path=path)
    # The engine looks for it in what it is given of the tree.
    assert found == ops.SubDirectory(linked, f"/{path}")


async def test_a_folder_that_is_missing_is_named(linked, tmp_path):
    planner = Planner.make("", tmp_path / "state")
    with pytest.raises(InvalidOperation, match="folder/deep/missing does not exist"):
        await FIELDS["Directory"]["entries"](planner, FIELDS["Directory"]["directory"](planner, linked, path="deep/missing"))


@pytest.mark.parametrize("address", ["x,push=false,name=y", 'r.example/"a"', "a b", "a\n", "ä", "a'"])
async def test_an_address_is_no_place_for_options(tmp_path, address):
    with pytest.raises(InvalidOperation, match="is no address of an image"):
        await Planner.make("", tmp_path).publish([ops.FromAddress("alpine")], address)
