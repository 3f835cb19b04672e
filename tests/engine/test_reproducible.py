"""The same images from another folder and an empty engine."""

from __future__ import annotations


def test_equal_digests_from_another_folder_and_an_empty_engine(workspace, make_workspace):
    first = workspace.pipeline("build")
    other = make_workspace()
    second = other.pipeline("build")
    assert second.code == 0, second.out + second.err
    assert set(second.stages("auth-service").values()) == {"executed"}
    assert second.digests() == first.digests()
    assert other.engine_is_gone()
