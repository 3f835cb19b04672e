"""Output, errors and exit codes."""

from typing import Any

from dagger import ReturnType

from conformance.program import Given, program

_BOTH = ["sh", "-c", "echo out; echo err >&2"]


@program
async def stdout_of_a_command(given: Given) -> Any:
    return await given.base.with_exec(_BOTH).stdout()


@program
async def stderr_of_a_command(given: Given) -> Any:
    return await given.base.with_exec(_BOTH).stderr()


@program
async def output_without_a_line_break(given: Given) -> Any:
    return await given.base.with_exec(["echo", "-n", "  two words "]).stdout()


@program
async def output_of_the_last_command_only(given: Given) -> Any:
    made = given.base.with_exec(["echo", "one"]).with_exec(["echo", "two"])
    return {"stdout": await made.stdout(), "stderr": await made.stderr()}


@program
async def output_after_other_changes(given: Given) -> Any:
    made = given.base.with_exec(["echo", "one"]).with_env_variable("A", "a").with_new_file("/a", "a\n")
    return await made.stdout()


@program
async def output_leaves_no_trace_in_the_image(given: Given) -> Any:
    made = given.base.with_exec(_BOTH)
    return {"stdout": await made.stdout(), "image": made}


@program
async def output_of_a_user(given: Given) -> Any:
    return await given.base.with_user("node").with_exec(_BOTH).stdout()


@program
async def output_without_a_command(given: Given) -> Any:
    return await given.base.stdout()


@program
async def output_that_is_long(given: Given) -> Any:
    text = await given.base.with_exec(["sh", "-c", "i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done"]).stdout()
    return {"lines": text.count("\n"), "length": len(text), "end": text[-10:]}


@program
async def output_with_bytes_that_are_no_text(given: Given) -> Any:
    return await given.base.with_exec(["sh", "-c", "printf 'a\\377b\\n'"]).stdout()


@program
async def exit_code_of_success(given: Given) -> Any:
    return await given.base.with_exec(["true"]).exit_code()


@program
async def exit_code_of_a_failure_that_may_be(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "echo out; echo err >&2; exit 3"], expect=ReturnType.ANY)
    return {"code": await made.exit_code(), "stdout": await made.stdout(), "stderr": await made.stderr()}


@program
async def success_where_anything_may_be(given: Given) -> Any:
    return await given.base.with_exec(["true"], expect=ReturnType.ANY).exit_code()


@program
async def failure_that_is_expected(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "echo kept >/kept; exit 4"], expect=ReturnType.FAILURE)
    return {"code": await made.exit_code(), "kept": await made.file("/kept").contents()}


@program
async def failure_that_does_not_come(given: Given) -> Any:
    return given.base.with_exec(["true"], expect=ReturnType.FAILURE)


@program
async def files_of_a_failed_command_stay(given: Given) -> Any:
    return given.base.with_exec(["sh", "-c", "echo kept >/kept; exit 4"], expect=ReturnType.ANY)


@program
async def commands_go_on_after_a_failure(given: Given) -> Any:
    made = given.base.with_exec(["false"], expect=ReturnType.ANY).with_exec(["echo", "next"])
    return {"code": await made.exit_code(), "stdout": await made.stdout()}


@program
async def user_with_a_failure_that_may_be(given: Given) -> Any:
    made = given.base.with_user("node").with_exec(["sh", "-c", "id -u; exit 5"], expect=ReturnType.ANY)
    return {"code": await made.exit_code(), "stdout": await made.stdout()}


@program
async def stdout_into_a_file(given: Given) -> Any:
    return await given.base.with_exec(_BOTH, redirect_stdout="/out.txt").file("/out.txt").contents()


@program
async def stderr_into_a_file(given: Given) -> Any:
    return await given.base.with_exec(_BOTH, redirect_stderr="/err.txt").file("/err.txt").contents()


@program
async def both_into_files_and_read(given: Given) -> Any:
    made = given.base.with_exec(_BOTH, redirect_stdout="/out.txt", redirect_stderr="/err.txt")
    return {"files": [await made.file(f"/{name}.txt").contents() for name in ("out", "err")], "stdout": await made.stdout()}


@program
async def input_from_a_file(given: Given) -> Any:
    return await given.base.with_new_file("/in.txt", "in\n").with_exec(["cat"], redirect_stdin="/in.txt").stdout()


@program
async def input_from_a_text(given: Given) -> Any:
    return await given.base.with_exec(["cat"], stdin="in $HOME\n").stdout()


@program
async def input_that_is_empty(given: Given) -> Any:
    return await given.base.with_exec(["cat"]).stdout()
