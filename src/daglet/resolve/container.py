"""What a container starts from, runs and has mounted."""

from __future__ import annotations

from daglet import operations as ops
from daglet.errors import InvalidOperation, Unsupported
from daglet.evaluate import Evaluator
from daglet.resolve.configuration import configuration
from daglet.resolve.paths import at
from daglet.resolve.table import serves


def _fresh(container: ops.Container, what: str) -> ops.Scratch:
    if not isinstance(container, ops.Scratch):
        what = f"{what} on a container that is not empty"
        raise Unsupported(what)
    return container


@serves("Container", "from")
def _from(_: Evaluator, container: ops.Container, *, address: str) -> ops.Container:
    return ops.FromAddress(address, _fresh(container, "from").for_platform)


@serves("Container", "import")
def _import(_: Evaluator, container: ops.Container, *, source: ops.File, tag: str = "") -> ops.Container:
    return ops.FromArchive(source, tag, _fresh(container, "import").for_platform)


@serves("Container", "withExec")
async def _with_exec(
    evaluator: Evaluator,
    container: ops.Container,
    *,
    args: tuple[str, ...],
    use_entrypoint: bool = False,
    expect: str = "SUCCESS",
    stdin: str = "",
    redirect_stdin: str = "",
    redirect_stdout: str = "",
    redirect_stderr: str = "",
) -> ops.Container:
    if not args:
        msg = "withExec has no arguments: there is no command to run"
        raise InvalidOperation(msg)
    if expect not in {"SUCCESS", "FAILURE", "ANY"}:
        msg = f"withExec(expect:) is {expect!r}"
        raise InvalidOperation(msg)
    if use_entrypoint:
        args = (*((await configuration(evaluator, container)).get("Entrypoint") or ()), *args)
    return ops.ContainerStep(container, ops.Exec(args, expect, stdin, redirect_stdin, redirect_stdout, redirect_stderr))  # type: ignore[arg-type]


def _point(container: ops.Container, path: str) -> str:
    """Return where something is mounted: the same with a slash at its end and without one."""
    return at(container, path).rstrip("/") or "/"


@serves("Container", "withMountedCache")
def _with_mounted_cache(
    _: Evaluator, container: ops.Container, *, path: str, cache: ops.CacheVolume, sharing: str = "SHARED", owner: str = ""
) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path), cache, "cache", sharing, owner))


@serves("Container", "withMountedDirectory")
def _with_mounted_directory(
    _: Evaluator, container: ops.Container, *, path: str, source: ops.Directory, read_only: bool = False
) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path), source, "bind", read_only=read_only))


@serves("Container", "withMountedFile")
def _with_mounted_file(_: Evaluator, container: ops.Container, *, path: str, source: ops.File) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path), source, "bind"))


@serves("Container", "withMountedSecret")
def _with_mounted_secret(
    _: Evaluator, container: ops.Container, *, path: str, source: ops.Secret, owner: str = "", mode: int = 0o400
) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path), source, "secret", owner=owner, mode=mode))


@serves("Container", "withMountedTemp")
def _with_mounted_temp(_: Evaluator, container: ops.Container, *, path: str, size: int | None = None) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path), None, "tmpfs", size=size))


@serves("Container", "withoutMount")
def _without_mount(_: Evaluator, container: ops.Container, *, path: str) -> ops.Container:
    return ops.ContainerStep(container, ops.Mount(_point(container, path)))
