"""Mounts that commands see and images do not."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


def _tree() -> Any:
    return dag.directory().with_new_file("a", "a\n", permissions=0o640).with_new_file("b/c", "c\n")


_LOOK = ["sh", "-c", "cd /m && find . | sort | while read name; do stat -c '%n %a %u:%g' $name; done"]


@program
async def mounted_folder(given: Given) -> Any:
    return await given.base.with_mounted_directory("/m", _tree()).with_exec(["cat", "/m/a", "/m/b/c"]).stdout()


@program
async def mounted_folder_is_not_in_the_image(given: Given) -> Any:
    return given.base.with_mounted_directory("/m", _tree()).with_exec(["sh", "-c", "cat /m/a >/copy"])


@program
async def mounted_folder_can_be_written(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_exec(["sh", "-c", "echo new >/m/new; cat /m/new"])
    return await made.stdout()


@program
async def what_is_written_to_a_mounted_folder(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_exec(["sh", "-c", "echo new >/m/new"])
    return made.with_exec(["ls", "/m"]).directory("/m")


@program
async def next_command_sees_what_was_written_to_a_mounted_folder(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_exec(["sh", "-c", "echo new >/m/new"])
    return await made.with_exec(["ls", "/m"]).stdout()


@program
async def mounted_folder_that_may_only_be_read(given: Given) -> Any:
    return given.base.with_mounted_directory("/m", _tree(), read_only=True).with_exec(["touch", "/m/new"])


@program
async def mounted_folder_keeps_modes(given: Given) -> Any:
    return await given.base.with_mounted_directory("/m", _tree()).with_exec(_LOOK).stdout()


@program
async def mounted_folder_with_an_owner(given: Given) -> Any:
    return await given.base.with_mounted_directory("/m", _tree(), owner="1000:1000").with_exec(_LOOK).stdout()


@program
async def mounted_folder_hides_what_is_there(given: Given) -> Any:
    made = given.base.with_new_file("/m/hidden", "hidden\n").with_mounted_directory("/m", _tree())
    return {"seen": await made.with_exec(["ls", "/m"]).stdout(), "image": made}


@program
async def mounted_host_folder(given: Given) -> Any:
    folder = dag.host().directory(str(given.host), include=["src"])
    return await given.base.with_mounted_directory("/m", folder).with_exec(_LOOK).stdout()


@program
async def mount_at_a_relative_path(given: Given) -> Any:
    made = given.base.with_workdir("/home/node").with_mounted_directory("m", _tree())
    return await made.with_exec(["cat", "/home/node/m/a"]).stdout()


@program
async def mount_taken_away(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).without_mount("/m")
    return await made.with_exec(["sh", "-c", "ls /m 2>&1 || true"]).stdout()


@program
async def mount_over_a_mount(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_mounted_directory("/m", _tree().directory("b"))
    return await made.with_exec(["ls", "/m"]).stdout()


@program
async def mount_inside_a_mount(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_mounted_directory(
        "/m/b", dag.directory().with_new_file("d", "d\n")
    )
    return await made.with_exec(["find", "/m"]).with_exec(["ls", "/m/b"]).stdout()


@program
async def mounted_file(given: Given) -> Any:
    return await given.base.with_mounted_file("/etc/conf", dag.file("x", "x\n")).with_exec(["cat", "/etc/conf"]).stdout()


@program
async def mounted_file_is_not_in_the_image(given: Given) -> Any:
    return given.base.with_mounted_file("/srv/conf", dag.file("x", "x\n")).with_exec(["sh", "-c", "cat /srv/conf >/copy"])


@program
async def mounted_file_with_an_owner(given: Given) -> Any:
    made = given.base.with_mounted_file("/m", dag.file("x", "x\n", permissions=0o600), owner="node")
    return await made.with_exec(["stat", "-c", "%a %u:%g", "/m"]).stdout()


@program
async def content_of_a_mounted_folder(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree())
    return {"file": await made.file("/m/a").contents(), "folder": made.directory("/m/b")}


@program
async def new_file_in_a_mounted_folder(given: Given) -> Any:
    made = given.base.with_mounted_directory("/m", _tree()).with_new_file("/m/new", "new\n")
    return {"seen": await made.with_exec(["ls", "/m"]).stdout(), "image": made}


@program
async def mounted_memory(given: Given) -> Any:
    made = given.base.with_mounted_temp("/m").with_exec(["sh", "-c", "echo 1 >/m/a && cat /m/a && stat -c %a /m"])
    return {"seen": await made.stdout(), "image": made}


@program
async def mounted_memory_is_empty_each_time(given: Given) -> Any:
    made = given.base.with_mounted_temp("/m").with_exec(["touch", "/m/a"])
    return await made.with_exec(["ls", "/m"]).stdout()


@program
async def mounted_memory_with_a_size(given: Given) -> Any:
    made = given.base.with_mounted_temp("/m", size=65536)
    return await made.with_exec(["sh", "-c", "head -c 100000 /dev/zero 2>/dev/null >/m/a || echo full"]).stdout()
