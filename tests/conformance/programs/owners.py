"""Who files belong to, and whom commands run as."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


def _tree() -> Any:
    return dag.directory().with_new_file("a/b", "b\n").with_new_file("c", "c\n")


@program
async def owner_of_a_whole_directory(_: Given) -> Any:
    return _tree().chown("/", "1000:1001")


@program
async def owner_of_one_folder(_: Given) -> Any:
    return _tree().chown("a", "1000:1001")


@program
async def owner_without_a_group(_: Given) -> Any:
    return _tree().chown("a", "1000")


@program
async def owner_by_name_in_a_directory(_: Given) -> Any:
    return _tree().chown("a", "node")


@program
async def owner_by_name_in_a_container(given: Given) -> Any:
    return given.base.with_directory("/srv", _tree(), owner="node")


@program
async def owner_and_group_by_name_in_a_container(given: Given) -> Any:
    return given.base.with_new_file("/srv/a", "a\n", owner="node:app")


@program
async def owner_by_number_without_a_group_in_a_container(given: Given) -> Any:
    return given.base.with_new_file("/srv/a", "a\n", owner="1000")


@program
async def owner_nobody_knows(given: Given) -> Any:
    return given.base.with_new_file("/srv/a", "a\n", owner="stranger")


@program
async def owner_is_not_the_user(given: Given) -> Any:
    return given.base.with_user("node").with_new_file("/home/node/a", "a\n").with_directory("/home/node/t", _tree())


@program
async def command_runs_as_root(given: Given) -> Any:
    return await given.base.with_exec(["id"]).stdout()


@program
async def command_runs_as_a_user_by_name(given: Given) -> Any:
    return await given.base.with_user("node").with_exec(["id"]).stdout()


@program
async def command_runs_as_a_user_by_number(given: Given) -> Any:
    return await given.base.with_user("1001").with_exec(["id"]).stdout()


@program
async def command_runs_as_a_user_and_group(given: Given) -> Any:
    return await given.base.with_user("node:app").with_exec(["id"]).stdout()


@program
async def command_runs_as_a_user_that_no_file_names(given: Given) -> Any:
    return await given.base.with_user("4242:4343").with_exec(["id"]).stdout()


@program
async def command_runs_as_a_user_nobody_knows(given: Given) -> Any:
    return await given.base.with_user("stranger").with_exec(["id"]).stdout()


@program
async def command_runs_as_root_again(given: Given) -> Any:
    return await given.base.with_user("node").without_user().with_exec(["id", "-u"]).stdout()


@program
async def users_files_are_the_users(given: Given) -> Any:
    made = given.base.with_user("node").with_workdir("/home/node").with_exec(["sh", "-c", "echo 1 >a && mkdir b"])
    return made.directory("/home/node")


@program
async def user_may_not_write_everywhere(given: Given) -> Any:
    return given.base.with_user("node").with_exec(["touch", "/etc/new"])


@program
async def changes_after_a_user_are_still_roots(given: Given) -> Any:
    return given.base.with_user("node").without_file("/etc/passwd").with_new_file("/etc/new", "new\n")


@program
async def home_of_a_user(given: Given) -> Any:
    return await given.base.with_user("node").with_exec(["sh", "-c", "echo $HOME"]).stdout()
