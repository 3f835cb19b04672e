"""What is refused before an engine is asked, and what the host's disk tells without one."""

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


@pytest.mark.parametrize("address", ["x,push=false,name=y", 'r.example/"a"', "a b", "a\n", "ä", "a'"])
async def test_an_address_is_no_place_for_options(tmp_path, address):
    with pytest.raises(InvalidOperation, match="is no address of an image"):
        await Planner.make("", tmp_path).publish([ops.FromAddress("alpine")], address)


def test_a_secrets_file_is_taken_as_it_is(tmp_path):
    (tmp_path / "token").write_bytes(b"one\r\ntwo\r\n")
    secret = ops.Secret("token", f"file://{tmp_path / 'token'}")
    assert Planner.make("", tmp_path).plaintext(secret) == "one\r\ntwo\r\n"
