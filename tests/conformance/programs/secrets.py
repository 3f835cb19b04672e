"""Secrets: they reach commands, and nothing else."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def secret_in_a_variable(given: Given) -> Any:
    secret = dag.set_secret("variable", "open-sesame")
    made = given.base.with_secret_variable("PASSWORD", secret)
    return await made.with_exec(["sh", "-c", "echo -n $PASSWORD | sha256sum"]).stdout()


@program
async def secret_in_a_variable_is_not_in_the_image(given: Given) -> Any:
    made = given.base.with_secret_variable("PASSWORD", dag.set_secret("image", "not-in-the-image"))
    return made.with_exec(["sh", "-c", "test -n $PASSWORD && echo seen >/seen"])


@program
async def secret_in_a_variable_taken_away(given: Given) -> Any:
    made = given.base.with_secret_variable("PASSWORD", dag.set_secret("away", "taken-away")).without_secret_variable("PASSWORD")
    return await made.with_exec(["sh", "-c", "echo [$PASSWORD]"]).stdout()


@program
async def secret_in_a_file(given: Given) -> Any:
    made = given.base.with_mounted_secret("/run/secret", dag.set_secret("file", "in-a-file\n"))
    return await made.with_exec(["sh", "-c", "stat -c '%a %u:%g' /run/secret; sha256sum /run/secret"]).stdout()


@program
async def secret_in_a_file_with_owner_and_mode(given: Given) -> Any:
    made = given.base.with_mounted_secret("/run/secret", dag.set_secret("owned", "owned"), owner="1000:1001", mode=0o440)
    return await made.with_exec(["stat", "-c", "%a %u:%g", "/run/secret"]).stdout()


@program
async def secret_in_a_file_owned_by_name(given: Given) -> Any:
    made = given.base.with_user("node").with_mounted_secret("/run/secret", dag.set_secret("named", "named"), owner="node")
    return await made.with_exec(["sh", "-c", "stat -c '%a %u:%g' /run/secret; sha256sum /run/secret"]).stdout()


@program
async def secret_in_a_file_is_not_in_the_image(given: Given) -> Any:
    made = given.base.with_mounted_secret("/srv/secret", dag.set_secret("mounted", "mounted"))
    return made.with_exec(["sh", "-c", "test -s /srv/secret && echo seen >/seen"])


@program
async def secret_in_a_file_taken_away(given: Given) -> Any:
    made = given.base.with_mounted_secret("/run/secret", dag.set_secret("gone", "gone")).without_mount("/run/secret")
    return await made.with_exec(["sh", "-c", "cat /run/secret 2>&1 || true"]).stdout()


@program
async def secret_with_several_lines(given: Given) -> Any:
    made = given.base.with_secret_variable("KEY", dag.set_secret("lines", "one\ntwo\n\n$three\n"))
    return await made.with_exec(["sh", "-c", 'echo -n "$KEY" | sha256sum']).stdout()


@program
async def secret_is_hidden_in_output(given: Given) -> Any:
    made = given.base.with_secret_variable("PASSWORD", dag.set_secret("hidden", "do-not-show-this"))
    return await made.with_exec(["sh", "-c", "echo it is $PASSWORD"]).stdout()


@program
async def secret_is_hidden_in_errors(given: Given) -> Any:
    made = given.base.with_secret_variable("PASSWORD", dag.set_secret("error", "do-not-show-that"))
    return made.with_exec(["sh", "-c", "echo it is $PASSWORD >&2; exit 1"])


@program
async def secret_does_not_decide_what_is_cached(given: Given) -> Any:
    stamps = []
    for value in ("first", "second"):
        made = given.base.with_secret_variable("VALUE", dag.set_secret("same-name", value))
        stamps.append(await made.with_exec(["sh", "-c", f"echo {given.fresh} $VALUE | wc -c"]).stdout())
    return stamps


@program
async def secret_from_a_file_of_the_host(given: Given) -> Any:
    secret = dag.secret(f"file://{given.host}/private.txt")
    return {"value": await secret.plaintext(), "seen": await _seen(given, secret)}


@program
async def secret_from_the_environment(given: Given) -> Any:
    secret = dag.secret("env://CONFORMANCE_SECRET")
    return {"value": await secret.plaintext(), "seen": await _seen(given, secret)}


@program
async def secret_from_where_nothing_is(_: Given) -> Any:
    return await dag.secret("env://CONFORMANCE_MISSING").plaintext()


@program
async def name_and_value_of_a_secret(_: Given) -> Any:
    secret = dag.set_secret("told", "value")
    return {"name": await secret.name(), "value": await secret.plaintext()}


async def _seen(given: Given, secret: Any) -> str:
    made = given.base.with_secret_variable("VALUE", secret)
    return str(await made.with_exec(["sh", "-c", 'echo -n "$VALUE" | sha256sum']).stdout())
