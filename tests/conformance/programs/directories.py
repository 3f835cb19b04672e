"""Directories: making, nesting, taking apart."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def empty_directory(_: Given) -> Any:
    return dag.directory()


@program
async def new_folder(_: Given) -> Any:
    return dag.directory().with_new_directory("a")


@program
async def new_folder_and_its_parents(_: Given) -> Any:
    return dag.directory().with_new_directory("a/b/c", permissions=0o755)


@program
async def new_folder_with_a_mode(_: Given) -> Any:
    return dag.directory().with_new_directory("a/b", permissions=0o700)


@program
async def new_folder_with_the_sticky_bit(_: Given) -> Any:
    return dag.directory().with_new_directory("a", permissions=0o1777)


@program
async def new_folder_that_is_there(_: Given) -> Any:
    return dag.directory().with_new_directory("a", permissions=0o700).with_new_directory("a", permissions=0o755)


@program
async def folder_of_a_directory(_: Given) -> Any:
    return dag.directory().with_new_file("a/b/c", "c\n").with_new_file("d", "d\n").directory("a")


@program
async def folder_that_is_missing(_: Given) -> Any:
    return dag.directory().directory("missing")


@program
async def folder_of_a_container(given: Given) -> Any:
    return given.base.with_new_file("/srv/a/b", "b\n").directory("/srv")


@program
async def folder_of_a_container_by_a_relative_path(given: Given) -> Any:
    return given.base.with_workdir("/srv").with_new_file("a/b", "b\n").directory("a")


@program
async def whole_file_system_of_a_container(given: Given) -> Any:
    return {"found": await given.base.rootfs().entries(), "etc": given.base.rootfs().directory("etc")}


@program
async def folder_taken_away(_: Given) -> Any:
    return dag.directory().with_new_file("a/b/c", "c\n").with_new_file("a/d", "d\n").without_directory("a/b")


@program
async def everything_taken_away(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").without_directory("a").without_directory("missing")


@program
async def folder_taken_out_of_a_container(given: Given) -> Any:
    return given.base.with_new_file("/srv/a/b", "b\n").without_directory("/srv/a")


@program
async def folder_in_an_empty_container(_: Given) -> Any:
    return dag.container().with_directory("/srv", dag.directory().with_new_file("a", "a\n"))


@program
async def root_of_an_empty_container(_: Given) -> Any:
    return dag.container().with_directory("/", dag.directory().with_new_file("a/b", "b\n", permissions=0o600))


@program
async def root_of_a_container_with_files(given: Given) -> Any:
    return given.base.with_directory("/", dag.directory().with_new_file("srv/b", "b\n"))


@program
async def chain_of_many_changes(_: Given) -> Any:
    made = dag.directory()
    for number in range(12):
        made = made.with_new_file(f"{number % 3}/{number}", f"{number}\n")
    return made.without_directory("1").with_symlink("0", "zero").with_new_directory("last", permissions=0o711)
