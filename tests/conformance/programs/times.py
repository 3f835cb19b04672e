"""Times of files."""

from typing import Any

from dagger import dag

from conformance.program import Given, program

_THEN = 1_234_567_890


def _tree() -> Any:
    return dag.directory().with_new_file("a/b", "b\n").with_new_file("c", "c\n").with_symlink("c", "d")


@program
async def times_of_a_directory(_: Given) -> Any:
    return _tree().with_timestamps(_THEN)


@program
async def time_of_a_file(_: Given) -> Any:
    return dag.file("a", "a\n").with_timestamps(_THEN)


@program
async def times_are_kept_in_a_copy(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree().with_timestamps(_THEN))


@program
async def times_are_kept_in_a_filter(_: Given) -> Any:
    return _tree().with_timestamps(_THEN).filter(exclude=["c"])


@program
async def times_are_kept_in_an_image(_: Given) -> Any:
    return dag.container().with_directory("/", _tree().with_timestamps(_THEN))


@program
async def times_are_kept_below_a_folder_of_an_image(given: Given) -> Any:
    return given.base.with_directory("/srv/x", _tree().with_timestamps(_THEN))


@program
async def time_of_a_file_is_kept_in_an_image(given: Given) -> Any:
    return given.base.with_file("/srv/a", dag.file("a", "a\n").with_timestamps(_THEN))


@program
async def time_of_a_file_with_an_owner_is_kept_in_an_image(given: Given) -> Any:
    return given.base.with_file("/srv/a", dag.file("a", "a\n").with_timestamps(_THEN), owner="1000", permissions=0o600)


@program
async def later_changes_have_their_own_time(_: Given) -> Any:
    return _tree().with_timestamps(_THEN).with_new_file("new", "new\n")


@program
async def times_set_twice(_: Given) -> Any:
    return _tree().with_timestamps(1).with_timestamps(_THEN)


@program
async def times_of_host_files_are_kept(given: Given) -> Any:
    return given.base.with_directory("/srv", dag.host().directory(str(given.host), include=["src", "to-file"]))


@program
async def time_of_a_host_file_is_kept(given: Given) -> Any:
    return given.base.with_file("/srv/run", dag.host().file(str(given.host / "run.sh")))


@program
async def times_of_host_files_set_anew(given: Given) -> Any:
    return dag.host().directory(str(given.host), include=["src"]).with_timestamps(_THEN)


@program
async def times_that_a_command_sets(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", f"mkdir /o && touch -d @{_THEN} /o/a /o"])
    return dag.directory().with_directory("x", made.directory("/o"))


@program
async def times_as_a_command_sees_them(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree().with_timestamps(_THEN))
    return await made.with_exec(["stat", "-c", "%n %Y", "/m/a", "/m/a/b", "/m/c"]).stdout()
