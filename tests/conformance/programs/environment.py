"""Environment: order, replacement, and variables that leave no trace."""

from typing import Any

from dagger import dag

from conformance.program import Given, program

_MINE = ["sh", "-c", "env | grep ^MY_"]


@program
async def variables_in_their_order(given: Given) -> Any:
    return given.base.with_env_variable("MY_B", "b").with_env_variable("MY_A", "a").with_env_variable("MY_C", "c")


@program
async def variables_as_a_command_sees_them(given: Given) -> Any:
    made = given.base.with_env_variable("MY_B", "b").with_env_variable("MY_A", "a")
    return sorted((await made.with_exec(_MINE).stdout()).splitlines())


@program
async def variable_replaced_keeps_its_place(given: Given) -> Any:
    return given.base.with_env_variable("MY_A", "1").with_env_variable("MY_B", "2").with_env_variable("MY_A", "3")


@program
async def variable_with_odd_letters(given: Given) -> Any:
    value = " $HOME \"x\" 'y' \\z = é "
    made = given.base.with_env_variable("MY_A", value)
    return {"seen": await made.with_exec(_MINE).stdout(), "image": made}


@program
async def variable_that_is_empty(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "")
    return {"seen": await made.with_exec(_MINE).stdout(), "image": made}


@program
async def variable_with_two_lines(given: Given) -> Any:
    return given.base.with_env_variable("MY_A", "one\ntwo")


@program
async def variable_with_a_name_that_shells_cannot_say(given: Given) -> Any:
    return given.base.with_env_variable("my.odd-name", "x")


@program
async def variable_that_names_another_is_not_expanded(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "a").with_env_variable("MY_B", "${MY_A}b")
    return await made.with_exec(_MINE).stdout()


@program
async def variable_that_is_expanded(given: Given) -> Any:
    return given.base.with_env_variable("MY_A", "a").with_env_variable("MY_B", "${MY_A}b", expand=True)


@program
async def variable_taken_away(given: Given) -> Any:
    return given.base.with_env_variable("MY_A", "a").with_env_variable("MY_B", "b").without_env_variable("MY_A")


@program
async def variable_taken_away_is_not_seen_by_a_command(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "a").with_env_variable("MY_B", "b").without_env_variable("MY_A")
    return await made.with_exec(_MINE).stdout()


@program
async def command_that_fails_without_a_variable(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "a").without_env_variable("MY_A")
    return await made.with_exec(["sh", "-c", "echo [$MY_A]; exit 3"]).stdout()


@program
async def variable_taken_away_and_set_again(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "a").with_env_variable("MY_B", "b").without_env_variable("MY_A")
    made = made.with_env_variable("MY_A", "again")
    return {"seen": await made.with_exec(_MINE).stdout(), "image": made}


@program
async def variable_of_the_base_that_is_expanded(given: Given) -> Any:
    return given.base.with_env_variable("MY_PATH", "$PATH:${MISSING}/own", expand=True)


@program
async def path_set_anew(given: Given) -> Any:
    made = given.base.with_new_file("/own/tool", "#!/bin/sh\necho own\n", permissions=0o755).with_env_variable(
        "PATH", "/own:/bin"
    )
    return {"seen": await made.with_exec(["tool"]).stdout(), "image": made}


@program
async def variable_of_an_empty_container(_: Given) -> Any:
    return dag.container().with_env_variable("MY_A", "a")


@program
async def volatile_variable_is_seen(given: Given) -> Any:
    return await given.base.with_volatile_variable("MY_RUN", given.fresh).with_exec(["sh", "-c", "echo ${#MY_RUN}"]).stdout()


@program
async def volatile_variable_is_not_in_the_image(given: Given) -> Any:
    return given.base.with_volatile_variable("MY_RUN", "1").with_exec(["sh", "-c", "echo $MY_RUN >/run.txt"])


@program
async def volatile_variable_does_not_decide_what_is_cached(given: Given) -> Any:
    stamps = []
    for value in ("first", "second"):
        made = given.base.with_env_variable("FRESH", given.fresh).with_volatile_variable("MY_STAMP", value)
        stamps.append(await made.with_exec(["sh", "-c", "echo $MY_STAMP >/stamp"]).file("/stamp").contents())
    return stamps


@program
async def volatile_variable_taken_away(given: Given) -> Any:
    made = given.base.with_volatile_variable("MY_RUN", "1").without_volatile_variable("MY_RUN")
    return await made.with_exec(["sh", "-c", "echo [$MY_RUN]"]).stdout()


@program
async def volatile_variable_over_a_variable(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "kept").with_volatile_variable("MY_A", "volatile")
    return {"seen": await made.with_exec(_MINE).stdout(), "image": made}


@program
async def secret_variable_over_a_variable(given: Given) -> Any:
    made = given.base.with_env_variable("MY_A", "kept").with_secret_variable("MY_A", dag.set_secret("over", "hidden-value"))
    return await made.with_exec(["sh", "-c", "echo -n $MY_A | sha256sum"]).stdout()
