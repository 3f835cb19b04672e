"""Copies of a directory into another tree."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


def _tree() -> Any:
    return (
        dag.directory()
        .with_new_file("a/one", "one\n", permissions=0o600)
        .with_new_file("a/two", "two\n", permissions=0o755)
        .with_new_directory("closed", permissions=0o700)
        .with_symlink("a/one", "link")
    )


@program
async def copy_into_a_folder(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree())


@program
async def copy_over_the_root(_: Given) -> Any:
    return dag.directory().with_new_file("kept", "kept\n").with_directory("/", _tree())


@program
async def copy_merges_folders(_: Given) -> Any:
    before = dag.directory().with_new_file("x/a/three", "three\n").with_new_file("x/a/one", "older\n")
    return before.with_directory("x", _tree())


@program
async def copy_with_a_slash_at_the_end(_: Given) -> Any:
    return dag.directory().with_directory("x/", _tree())


@program
async def copy_of_an_empty_directory(_: Given) -> Any:
    return dag.directory().with_directory("x/y", dag.directory())


@program
async def copy_gives_the_target_the_source_roots_mode(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree().directory("closed"))


@program
async def copy_over_a_folder_with_another_mode(_: Given) -> Any:
    return dag.directory().with_new_directory("x", permissions=0o700).with_directory("x", _tree())


@program
async def copy_into_a_container(given: Given) -> Any:
    return given.base.with_directory("/srv", _tree())


@program
async def copy_into_a_container_at_a_relative_path(given: Given) -> Any:
    return given.base.with_workdir("/home/node").with_directory("x", _tree())


@program
async def copy_into_a_container_with_an_owner(given: Given) -> Any:
    return given.base.with_directory("/srv/x", _tree(), owner="1000:1001")


@program
async def copy_into_a_folder_of_another_owner(given: Given) -> Any:
    return given.base.with_directory("/home/node/x", _tree())


@program
async def copy_with_permissions(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree(), permissions=0o750)


@program
async def copy_from_a_container(given: Given) -> Any:
    built = given.base.with_exec(["sh", "-c", "mkdir -p /out/bin && echo built >/out/bin/app && chmod 0711 /out/bin/app"])
    return dag.container().with_directory("/app", built.directory("/out"))


@program
async def copy_keeps_owners(given: Given) -> Any:
    owned = given.base.with_directory("/srv", _tree(), owner="1000:1000").directory("/srv")
    return dag.directory().with_directory("x", owned)


@program
async def copy_keeps_special_mode_bits(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "mkdir -p /o/t && chmod 1777 /o/t && echo 1 >/o/s && chmod 4755 /o/s"])
    return dag.directory().with_directory("x", made.directory("/o")).with_directory("t", made.directory("/o/t"))


@program
async def copy_of_a_folder_under_its_own_name_keeps_its_owner(given: Given) -> Any:
    owned = given.base.with_directory("/srv/own", _tree(), owner="1000:1000").directory("/srv/own")
    return given.base.with_directory("/opt/own", owned)


@program
async def copy_of_a_folder_under_another_name_keeps_its_owner(given: Given) -> Any:
    owned = given.base.with_directory("/srv/own", _tree(), owner="1000:1000").directory("/srv/own")
    return given.base.with_directory("/opt/other", owned)


@program
async def copy_of_a_folder_by_a_link_to_it(given: Given) -> Any:
    made = given.base.with_new_file("/usr/lib/a", "a\n").with_symlink("usr/lib", "/lib")
    return dag.directory().with_directory("lib", made.directory("/lib"))


@program
async def copies_of_several_folders_with_one_time(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "mkdir -m 0700 /one /two && touch /one/a /two/b && chmod 0600 /one/a"])
    tree = dag.directory().with_directory("x/one", made.directory("/one")).with_directory("x/2", made.directory("/two"))
    return dag.container().with_directory("/", tree.with_timestamps(1_000_000_000))


@program
async def copy_of_a_folder_of_a_folder(_: Given) -> Any:
    nested = dag.directory().with_directory("x/y", _tree()).directory("x").directory("y/a")
    return dag.directory().with_directory("z", nested)


@program
async def copy_of_a_file_over_a_link(_: Given) -> Any:
    return _tree().with_new_file("link", "through\n")


@program
async def copy_of_a_folder_through_a_link(_: Given) -> Any:
    before = dag.directory().with_new_directory("real", permissions=0o755).with_symlink("real", "x")
    return before.with_directory("x", dag.directory().with_new_file("new", "new\n"))
