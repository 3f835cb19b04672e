"""A container's image configuration."""

from __future__ import annotations

from daglet import operations as ops
from daglet.evaluate import Evaluator
from daglet.resolve.configuration import configuration, expanded
from daglet.resolve.paths import at
from daglet.resolve.table import Resolver, serves


def _setting(kind: str) -> Resolver:
    def resolver(_: Evaluator, container: ops.Container, *, name: str, value: str) -> ops.Container:
        return ops.ContainerStep(container, ops.Setting(kind, name, value))  # type: ignore[arg-type]

    return resolver


def _unsetting(kind: str) -> Resolver:
    def resolver(_: Evaluator, container: ops.Container, *, name: str = "") -> ops.Container:
        return ops.ContainerStep(container, ops.Setting(kind, name, None))  # type: ignore[arg-type]

    return resolver


@serves("Container", "withEnvVariable")
async def _with_env_variable(
    evaluator: Evaluator, container: ops.Container, *, name: str, value: str, expand: bool = False
) -> ops.Container:
    text = expanded(value, await configuration(evaluator, container)) if expand else value
    return ops.ContainerStep(container, ops.Setting("ENV", name, text))


for _field, _word in (("VolatileVariable", "VOLATILE"), ("Label", "LABEL")):
    serves("Container", f"with{_field}")(_setting(_word))
for _field, _word in (
    ("EnvVariable", "ENV"),
    ("VolatileVariable", "VOLATILE"),
    ("SecretVariable", "SECRET"),
    ("Label", "LABEL"),
    ("User", "USER"),
    ("Workdir", "WORKDIR"),
    ("DockerHealthcheck", "HEALTHCHECK"),
):
    serves("Container", f"without{_field}")(_unsetting(_word))


@serves("Container", "withSecretVariable")
def _with_secret_variable(_: Evaluator, container: ops.Container, *, name: str, secret: ops.Secret) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("SECRET", name, secret=secret))


@serves("Container", "withUser")
def _with_user(_: Evaluator, container: ops.Container, *, name: str) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("USER", value=name))


@serves("Container", "withWorkdir")
def _with_workdir(_: Evaluator, container: ops.Container, *, path: str) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("WORKDIR", value=at(container, path).rstrip("/") or "/"))


@serves("Container", "withEntrypoint")
def _with_entrypoint(
    _: Evaluator, container: ops.Container, *, args: tuple[str, ...], keep_default_args: bool = False
) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("ENTRYPOINT", "keep" if keep_default_args else "", args))


@serves("Container", "withDefaultArgs")
def _with_default_args(_: Evaluator, container: ops.Container, *, args: tuple[str, ...]) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("CMD", value=args))


@serves("Container", "withoutEntrypoint")
def _without_entrypoint(_: Evaluator, container: ops.Container, *, keep_default_args: bool = False) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("ENTRYPOINT", "keep" if keep_default_args else "", ()))


@serves("Container", "withoutDefaultArgs")
def _without_default_args(_: Evaluator, container: ops.Container) -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("CMD", value=()))


@serves("Container", "withExposedPort")
def _with_exposed_port(
    _: Evaluator,
    container: ops.Container,
    *,
    port: int,
    protocol: str = "TCP",
    description: str = "",
    experimental_skip_healthcheck: bool = False,
) -> ops.Container:
    del description, experimental_skip_healthcheck  # They concern services, which a plain BuildKit does not run.
    exposed = f"{port}/{protocol.lower()}"
    return ops.ContainerStep(container, ops.Setting("EXPOSE", exposed, exposed))


@serves("Container", "withoutExposedPort")
def _without_exposed_port(_: Evaluator, container: ops.Container, *, port: int, protocol: str = "TCP") -> ops.Container:
    return ops.ContainerStep(container, ops.Setting("EXPOSE", f"{port}/{protocol.lower()}", None))


@serves("Container", "withDockerHealthcheck")
def _with_healthcheck(
    _: Evaluator,
    container: ops.Container,
    *,
    args: tuple[str, ...],
    shell: bool = False,
    interval: str = "",
    timeout: str = "",
    start_period: str = "",
    start_interval: str = "",
    retries: int = 0,
) -> ops.Container:
    check = ops.Healthcheck(
        "HEALTHCHECK",
        value=args,
        shell=shell,
        interval=interval,
        timeout=timeout,
        start_period=start_period,
        start_interval=start_interval,
        retries=retries,
    )
    return ops.ContainerStep(container, check)
