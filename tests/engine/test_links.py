"""Links that start at the root lead within the tree that they are in, however it was made, and nowhere else."""

from __future__ import annotations

import dagger
import pytest
from dagger import dag

from pipeline import engine


@pytest.fixture
def host(tmp_path):
    """A folder with links within it and out of it."""
    folder = tmp_path / "host"
    (folder / "deep").mkdir(parents=True)
    (folder / "file").write_text("inside\n")
    (folder / "deep" / "x").write_text("x\n")
    for name, target in {"near": "/file", "deep/near": "/file", "in": "/deep", "far": "/etc/passwd", "out": "/etc"}.items():
        (folder / name).symlink_to(target)
    return folder


def made():
    tree = dag.directory().with_new_file("file", "inside\n").with_new_file("deep/x", "x\n")
    for name, target in {"near": "/file", "deep/near": "/file", "in": "/deep", "far": "/etc/passwd", "out": "/etc"}.items():
        tree = tree.with_symlink(target, name)
    return tree


TREES = {
    "of the host": lambda host: dag.host().directory(host),
    "filtered": lambda host: dag.host().directory(host, exclude=["none"]),
    "changed by a copy": lambda host: dag.host().directory(host).with_new_file("more", ""),
    "changed by a command": lambda host: dag.host().directory(host).with_timestamps(7),
    "made": lambda _: made(),
    "copied": lambda _: dag.directory().with_directory("/", made()).with_timestamps(7),
    "of a container": lambda _: dag.container().with_directory("/", made()).rootfs(),
    "of a container, changed": lambda _: dag.container().with_directory("/", made()).rootfs().with_timestamps(7),
}


@pytest.mark.parametrize("name", TREES)
async def test_links_from_the_root_lead_within_a_tree(ours, host, tmp_path, name):
    async with engine.session(engine.Choice.BUILDKIT, print):
        tree = TREES[name](str(host))
        assert await tree.file("near").contents() == "inside\n"
        assert await tree.file("deep/near").contents() == "inside\n"
        assert await tree.file("in/x").contents() == "x\n"
        assert await tree.directory("in").entries() == ["near", "x"]
        assert await dag.directory().with_file("copy", tree.file("near")).file("copy").contents() == "inside\n"
        await tree.file("near").export(str(tmp_path / "exported"))
        assert (tmp_path / "exported").read_text() == "inside\n"
        for asked in (tree.file("far").contents, tree.file("out/passwd").contents, tree.directory("out").entries):
            with pytest.raises(dagger.QueryError):
                await asked()
