"""Commands: what they get, what they leave, how they fail."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def command_changes_files(given: Given) -> Any:
    script = "echo new >/srv.txt; chmod 0600 /srv.txt; rm /bin/wc; mkdir -p /a/b; touch -d @1000000000 /a/b/old; ln -s b /a/c"
    return given.base.with_exec(["sh", "-c", script])


@program
async def command_gets_its_arguments_as_they_are(given: Given) -> Any:
    words = ["", " ", "$HOME", '"', "'", "\\", "*", "a\nb", "é"]
    return await given.base.with_exec(["sh", "-c", 'for word; do echo "[$word]"; done', "--", *words]).stdout()


@program
async def command_without_a_shell(given: Given) -> Any:
    return await given.base.with_exec(["echo", "$HOME", "&&", "echo", "two"]).stdout()


@program
async def commands_follow_each_other(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "echo 1 >/a"]).with_exec(["sh", "-c", "echo 2 >>/a"])
    return await made.with_exec(["cat", "/a"]).stdout()


@program
async def commands_in_two_branches(given: Given) -> Any:
    trunk = given.base.with_exec(["sh", "-c", "echo trunk >/a"])
    left, right = (trunk.with_exec(["sh", "-c", f"echo {side} >>/a"]) for side in ("left", "right"))
    return [await item.file("/a").contents() for item in (trunk, left, right)]


@program
async def command_in_a_work_directory(given: Given) -> Any:
    return await given.base.with_workdir("/home/node").with_exec(["pwd"]).stdout()


@program
async def command_in_a_work_directory_that_was_not_there(given: Given) -> Any:
    return given.base.with_workdir("/new/place").with_exec(["sh", "-c", "pwd >where"])


@program
async def work_directory_is_relative_to_the_one_before(given: Given) -> Any:
    made = given.base.with_workdir("/home").with_workdir("node").with_workdir("../app")
    return await made.with_exec(["pwd"]).stdout()


@program
async def work_directory_of_a_user(given: Given) -> Any:
    made = given.base.with_user("node").with_workdir("/work/here").with_exec(["sh", "-c", "stat -c '%a %U' /work/here"])
    return await made.stdout()


@program
async def work_directory_taken_away(given: Given) -> Any:
    return await given.base.with_workdir("/home").without_workdir().with_exec(["pwd"]).stdout()


@program
async def command_that_fails(given: Given) -> Any:
    return given.base.with_exec(["sh", "-c", "echo out; echo err >&2; exit 7"])


@program
async def command_that_fails_when_its_output_is_asked_for(given: Given) -> Any:
    return await given.base.with_exec(["sh", "-c", "echo out; echo err >&2; exit 7"]).stdout()


@program
async def command_that_fails_with_blank_lines_around_its_output(given: Given) -> Any:
    return given.base.with_exec(["sh", "-c", "echo; echo ' out '; echo; exit 1"])


@program
async def command_that_is_not_there(given: Given) -> Any:
    return given.base.with_exec(["missing"])


@program
async def command_that_is_no_program(given: Given) -> Any:
    return given.base.with_exec(["/etc/passwd"])


@program
async def command_in_an_empty_container(_: Given) -> Any:
    return dag.container().with_exec(["true"])


@program
async def command_ended_by_a_signal(given: Given) -> Any:
    return given.base.with_exec(["sh", "-c", "kill -9 $$"])


@program
async def failure_in_the_middle_of_a_chain(given: Given) -> Any:
    return given.base.with_exec(["true"]).with_exec(["false"]).with_exec(["true"])


@program
async def failure_in_what_is_copied(given: Given) -> Any:
    return dag.directory().with_directory("x", given.base.with_exec(["false"]).directory("/etc"))


@program
async def no_command_at_all(given: Given) -> Any:
    return given.base.with_exec([])


@program
async def what_a_command_finds_of_the_system(given: Given) -> Any:
    script = "ls -a / | grep -v '^[.]'; test -c /dev/null && test -d /proc/1 && test -d /sys/kernel && echo mounted"
    return await given.base.with_exec(["sh", "-c", script]).stdout()


@program
async def what_a_command_leaves_of_the_system(given: Given) -> Any:
    return dag.container().with_directory("/", given.base.rootfs()).with_exec(["true"])
