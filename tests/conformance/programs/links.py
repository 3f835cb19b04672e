"""Symbolic links."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def link_to_a_file(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").with_symlink("a", "b")


@program
async def link_makes_its_parents(_: Given) -> Any:
    return dag.directory().with_symlink("../a", "deep/er/b")


@program
async def link_to_nothing(_: Given) -> Any:
    return dag.directory().with_symlink("/not/there", "b")


@program
async def link_over_a_file(_: Given) -> Any:
    return dag.directory().with_new_file("b", "b\n").with_symlink("a", "b")


@program
async def link_in_a_container(given: Given) -> Any:
    return given.base.with_symlink("/bin/busybox", "/usr/local/bin/tool")


@program
async def link_in_a_container_at_a_relative_path(given: Given) -> Any:
    return given.base.with_workdir("/srv").with_symlink("a", "b")


@program
async def link_in_a_container_with_a_user(given: Given) -> Any:
    return given.base.with_user("node").with_symlink("a", "/home/node/b")


@program
async def content_through_a_link(_: Given) -> Any:
    return await dag.directory().with_new_file("a", "a\n").with_symlink("a", "b").file("b").contents()


@program
async def file_through_a_link(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").with_symlink("a", "b").file("b")


@program
async def folder_through_a_link(_: Given) -> Any:
    return dag.directory().with_new_file("a/b", "b\n").with_symlink("a", "c").directory("c")


@program
async def file_below_a_linked_folder(_: Given) -> Any:
    return await dag.directory().with_new_file("a/b", "b\n").with_symlink("a", "c").file("c/b").contents()


@program
async def link_is_copied_as_a_link(given: Given) -> Any:
    tree = dag.directory().with_new_file("a", "a\n").with_symlink("a", "b")
    return given.base.with_directory("/srv", tree)


@program
async def link_is_taken_away_and_not_its_target(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").with_symlink("a", "b").without_file("b")


@program
async def hard_links_stay_one_file(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "mkdir /o && echo 1 >/o/a && ln /o/a /o/b"])
    return made.directory("/o")
