"""What an image says of itself."""

from typing import Any

from dagger import NetworkProtocol, dag

from conformance.program import Given, program


@program
async def image_of_nothing(_: Given) -> Any:
    return dag.container()


@program
async def image_of_the_base(given: Given) -> Any:
    return given.base


@program
async def image_with_everything_is_kept(given: Given) -> Any:
    return _dressed(given)


@program
async def image_with_everything_and_one_more(given: Given) -> Any:
    return _dressed(given).with_env_variable("THIRD", "3").with_label("org.example.c", "c").with_exposed_port(9090)


@program
async def image_with_everything_runs_a_command(given: Given) -> Any:
    made = _dressed(given).with_exec(["sh", "-c", "id -u; pwd; echo $SECOND$FIRST"])
    return {"seen": await made.stdout(), "image": made}


@program
async def image_with_everything_and_a_file(given: Given) -> Any:
    return _dressed(given).with_new_file("a", "a\n")


@program
async def labels(given: Given) -> Any:
    return given.base.with_label("b", "2").with_label("a", '1 $X "quoted" \\').with_label("org.example/x-y", "")


@program
async def label_replaced(given: Given) -> Any:
    return given.base.with_label("a", "1").with_label("a", "2")


@program
async def label_with_two_lines(given: Given) -> Any:
    return given.base.with_label("a", "one\ntwo")


@program
async def label_taken_away(given: Given) -> Any:
    return given.base.with_label("a", "1").with_label("b", "2").without_label("a")


@program
async def user_by_name(given: Given) -> Any:
    return given.base.with_user("node:app")


@program
async def user_by_number(given: Given) -> Any:
    return given.base.with_user("1001:1001")


@program
async def user_taken_away(given: Given) -> Any:
    return given.base.with_user("node").without_user()


@program
async def work_directory(given: Given) -> Any:
    return given.base.with_workdir("/home/node")


@program
async def work_directory_that_is_missing_is_made(given: Given) -> Any:
    return given.base.with_workdir("/new/place")


@program
async def work_directory_of_an_empty_container(_: Given) -> Any:
    return dag.container().with_workdir("/srv")


@program
async def work_directory_with_dots(given: Given) -> Any:
    return given.base.with_workdir("/home/../home/node/")


@program
async def work_directory_without(given: Given) -> Any:
    return given.base.with_workdir("/home").without_workdir()


@program
async def entrypoint_and_default_arguments(given: Given) -> Any:
    return given.base.with_entrypoint(["/bin/sh", "-c"]).with_default_args(["echo $HOME", "é"])


@program
async def entrypoint_takes_default_arguments_away(given: Given) -> Any:
    return given.base.with_default_args(["a"]).with_entrypoint(["/bin/sh"])


@program
async def entrypoint_that_keeps_default_arguments(given: Given) -> Any:
    return given.base.with_default_args(["a"]).with_entrypoint(["/bin/sh"], keep_default_args=True)


@program
async def entrypoint_of_the_base_taken_over(given: Given) -> Any:
    return _dressed(given).with_entrypoint(["/bin/true"])


@program
async def default_arguments_of_the_base_taken_over(given: Given) -> Any:
    return _dressed(given).with_default_args(["other"])


@program
async def entrypoint_that_is_empty(given: Given) -> Any:
    return given.base.with_entrypoint([])


@program
async def entrypoint_taken_away(given: Given) -> Any:
    return _dressed(given).without_entrypoint()


@program
async def default_arguments_taken_away(given: Given) -> Any:
    return _dressed(given).without_default_args()


@program
async def entrypoint_is_not_used_by_commands(given: Given) -> Any:
    return await given.base.with_entrypoint(["/bin/false"]).with_exec(["echo", "ran"]).stdout()


@program
async def entrypoint_used_by_a_command(given: Given) -> Any:
    return await given.base.with_entrypoint(["/bin/echo", "-n"]).with_exec(["ran"], use_entrypoint=True).stdout()


@program
async def entrypoint_of_the_base_used_by_a_command(given: Given) -> Any:
    return await _dressed(given).with_exec(["echo ran"], use_entrypoint=True).stdout()


@program
async def entrypoint_that_is_not_there_used_by_a_command(given: Given) -> Any:
    return await given.base.with_exec(["echo", "ran"], use_entrypoint=True).stdout()


@program
async def label_and_port_of_the_base_taken_away(given: Given) -> Any:
    return _dressed(given).without_label("org.example.a").without_exposed_port(8080)


@program
async def exposed_ports(given: Given) -> Any:
    return given.base.with_exposed_port(8080).with_exposed_port(53, protocol=NetworkProtocol.UDP).with_exposed_port(8080)


@program
async def exposed_port_with_a_description(given: Given) -> Any:
    return given.base.with_exposed_port(8080, description="the service")


@program
async def exposed_port_taken_away(given: Given) -> Any:
    return given.base.with_exposed_port(8080).with_exposed_port(9090).without_exposed_port(8080)


@program
async def health_check(given: Given) -> Any:
    return given.base.with_docker_healthcheck(
        ["/bin/check", "--url", "http://localhost"], interval="30s", timeout="5s", start_period="10s", retries=3
    )


@program
async def health_check_with_nothing_but_a_command(given: Given) -> Any:
    return given.base.with_docker_healthcheck(["/bin/check"])


@program
async def health_check_with_a_shell(given: Given) -> Any:
    return given.base.with_docker_healthcheck(["check || exit 1"], shell=True, interval="1m30s", start_interval="500ms")


@program
async def health_check_taken_away(given: Given) -> Any:
    return given.base.with_docker_healthcheck(["/bin/check"]).without_docker_healthcheck()


@program
async def health_check_of_the_base_taken_away(given: Given) -> Any:
    return _dressed(given).without_docker_healthcheck()


@program
async def annotation(given: Given) -> Any:
    return given.base.with_annotation("org.example.a", "1")


@program
async def whole_configuration_of_a_service(given: Given) -> Any:
    app = given.base.with_exec(["sh", "-c", "mkdir /out && echo app >/out/app && chmod 0755 /out/app"]).directory("/out")
    return (
        dag.container()
        .with_directory("/", dag.directory().with_directory("bin", app).with_new_file("etc/app/config.yaml", "a: 1\n"))
        .with_env_variable("APP_ENV", "production")
        .with_label("org.opencontainers.image.version", "1.0")
        .with_exposed_port(8080)
        .with_user("1001:1001")
        .with_entrypoint(["/bin/app"])
        .with_default_args(["--config", "/etc/app/config.yaml"])
        .with_docker_healthcheck(["/bin/app", "--health"], interval="30s", timeout="5s", start_period="10s", retries=3)
    )


def _dressed(given: Given) -> Any:
    return dag.container().import_(dag.host().file(str(given.dressed)))
