"""What an engine refuses."""

from typing import Any

from dagger import Platform, dag

from conformance.program import Given, program


@program
async def path_out_of_a_directory(_: Given) -> Any:
    return dag.directory().with_new_file("../a", "a\n")


@program
async def path_out_of_a_directory_for_a_folder(_: Given) -> Any:
    return dag.directory().directory("../..")


@program
async def path_out_of_a_container(given: Given) -> Any:
    return given.base.with_new_file("/../a", "a\n")


@program
async def path_that_is_empty(_: Given) -> Any:
    return dag.directory().with_new_file("", "a\n")


@program
async def path_below_a_file(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").with_new_file("a/b", "b\n")


@program
async def folder_at_a_file(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").with_new_directory("a")


@program
async def folder_that_is_a_file(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").directory("a")


@program
async def copy_of_what_is_missing(_: Given) -> Any:
    return dag.directory().with_file("a", dag.directory().file("missing"))


@program
async def copy_of_a_folder_that_is_missing(given: Given) -> Any:
    return dag.directory().with_directory("a", given.base.directory("/missing"))


@program
async def chown_of_what_is_missing(_: Given) -> Any:
    return dag.directory().chown("missing", "1000")


@program
async def pattern_that_is_broken(_: Given) -> Any:
    return dag.directory().with_new_file("a", "a\n").filter(exclude=["[a"])


@program
async def health_check_with_a_time_that_is_none(given: Given) -> Any:
    return given.base.with_docker_healthcheck(["/bin/check"], interval="soon")


@program
async def error_by_demand(given: Given) -> Any:
    return given.base.with_error("as asked for")


@program
async def exported_port_out_of_range(given: Given) -> Any:
    return given.base.with_exposed_port(70000)


@program
async def platform_that_is_none(_: Given) -> Any:
    return dag.container(platform=Platform("nonsense/nothing/at/all")).with_new_file("/a", "a\n")
