"""Checks: a service's own tests and linters in its build stage, and its image started as it will be."""

from __future__ import annotations

import shlex
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import anyio
import dagger

from pipeline import hints
from pipeline.detect import GoService, NodeService
from pipeline.printed import excerpt, inert
from pipeline.project import Project
from pipeline.stages import golang_image
from pipeline.stages.context import default_platform
from pipeline.stages.health import node_command

Kind = Literal["tests", "smoke"]


# The image has no shell, so a static busybox is mounted for the length of the check. The service's listening port is
# found by its sockets: an answer from somebody else's service on the same port can then never pass for this one's.
_SMOKE = """\
box=/.check/busybox
"$@" &
pid=$!
sockets() {
  for fd in /proc/$pid/fd/*; do
    link=$($box readlink "$fd") || continue
    inode=${link#socket:[}
    [ "$inode" = "$link" ] && continue
    $box cat /proc/net/tcp /proc/net/tcp6 | while read -r _ address _ state _ _ _ _ _ number _; do
      [ "$number $state" = "${inode%]} 0A" ] && echo "$address"
    done
  done
}
alone() {
  found=1
  for socket in $(sockets); do
    case $socket in
      ??????7F:* | 0000000000000000FFFF0000??????7F:* | 00000000000000000000000001000000:*) found=0 ;;
      *) return 1 ;;
    esac
  done
  return $found
}
give_up() {
  echo "$1" >&2
  kill -9 $pid
  exit 1
}
tries=0
while :; do
  kill -0 $pid 2>/dev/null || { echo 'the service ended before it answered' >&2; wait $pid; exit 1; }
  [ -n "$COMMAND" ] && (eval "$COMMAND") && break
  for socket in $(sockets); do
    port=0x${socket##*:}
    if [ -n "$PROBE" ]; then
      (PORT=$($box printf %d $port) && export PORT && eval "$PROBE") && break 2
      continue
    fi
    [ -n "$COMMAND" ] && continue
    [ -n "$HEALTH" ] || break 2
    $box wget -q -O - "http://127.0.0.1:$(printf %d $port)$HEALTH" && break 2
  done
  tries=$((tries + 1))
  # A service that is not to be asked, and that listens nowhere, works if it goes on working.
  [ -z "$HEALTH$PROBE$COMMAND" ] && [ $tries -gt 25 ] && break
  [ $tries -gt 150 ] && give_up "no answer to ${HEALTH:-$PROBE$COMMAND} after 30 s"
  $box sleep 0.2
done
tries=0
while [ -n "$EXPOSED" ] && alone; do
  tries=$((tries + 1))
  [ $tries -gt 25 ] && give_up 'nothing outside of its container reaches it: it listens on localhost alone, and is to listen on 0.0.0.0'
  $box sleep 0.2
done
kill $pid
tries=0
while kill -0 $pid 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -gt 75 ] && give_up 'not stopped 15 s after SIGTERM'
  $box sleep 0.2
done
"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check of a service went. `message` is empty where it succeeded."""

    service: str
    check: str
    success: bool
    seconds: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a service: what it is called, and the container in which it has run."""

    service: str
    name: str
    container: dagger.Container


def checks(project: Project, run: str, kinds: Sequence[Kind] = ("tests", "smoke")) -> tuple[Check, ...]:
    """Return the checks of all services of a project.

    Parameters
    ----------
    run:
        The id of the run: with one, the stages that checks start from are those of a build, and come out of its cache.
    kinds:
        "tests" are a service's own tests and linters, "smoke" is its image, started.
    """
    found: list[Check] = []
    for service in project.services:
        if "tests" in kinds:
            found += [Check(service, name, container) for name, container in project.checks(service, run).items()]
        if "smoke" in kinds:
            found.append(Check(service, "smoke", smoke(project, service, run)))
    return tuple(found)


async def check(project: Project, wanted: Sequence[Check], on_event: Callable[[str, str], None]) -> tuple[CheckResult, ...]:
    """Run checks at the same time; the failure of one never stops the others."""
    limit = anyio.CapacityLimiter(project.config.max_parallel)
    found: dict[tuple[str, str], CheckResult] = {}

    async def one(item: Check) -> None:
        async with limit:
            result = await _run(item, project.config.services[item.service].timeout)
            found[item.service, item.name] = result
            on_event(item.service, f"{item.name} {'passed' if result.success else 'failed'}")

    async with anyio.create_task_group() as group:
        for item in wanted:
            group.start_soon(one, item)
    return tuple(found[item.service, item.name] for item in wanted)


async def _run(item: Check, timeout: float) -> CheckResult:
    clock = time.monotonic()
    message = ""
    try:
        with anyio.fail_after(timeout):
            await item.container.sync()
    except dagger.ExecError as error:
        printed = (error.stdout, error.stderr)
        hint = hints.of_start(*printed) if _SMOKE in error.command else hints.of_build(*printed)
        message = "\n".join([f"ended with exit code {error.exit_code}", *excerpt(*printed), *filter(None, [hint])])
    except TimeoutError:
        message = f"not finished after {timeout:g} s"
    except dagger.DaggerError as error:
        message = str(error)
    return CheckResult(item.service, item.name, not message, round(time.monotonic() - clock, 3), message)


def smoke(project: Project, name: str, run: str) -> dagger.Container:
    """Return the container in which a service's image was started as its user, asked for its health, and stopped."""
    service = project.services[name]
    graph = project.graph(name, run)
    command = golang_image.command(service) if isinstance(service, GoService) else service.start
    # busybox asks for a path, so that an image without any program beside the service's is asked, too.
    probe = node_command(service.image) if service.image.health.kind == "grpc" and isinstance(service, NodeService) else ()
    tools = project.bases.container("config", "", default_platform()).directory("/bin")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return (
        graph.images[0]
        .with_mounted_directory("/.check", tools, read_only=True)
        .with_env_variable("EXPOSED", str(service.image.port or ""))
        .with_env_variable("HEALTH", service.image.health.path)
        .with_env_variable("PROBE", shlex.join(probe))
        .with_env_variable("COMMAND", shlex.join(service.image.health.command))
        # A port of its own keeps services that are checked at once apart. A passed check of the same image is not run again.
        .with_volatile_variable("PORT", str(port))
        .with_exec(["/.check/busybox", "sh", "-c", _SMOKE, "--", *command])
    )


def as_text(results: Sequence[CheckResult]) -> str:
    """Return the results for people: a line a check, then what failed."""
    lines = [
        f"{result.service:<20}  {result.check:<6}  {'passed' if result.success else 'FAILED'}  {result.seconds:.1f} s"
        for result in results
    ]
    for result in results:
        if not result.success:
            lines += ["", f"{result.service}: {result.check}", *(f"    {inert(line)}" for line in result.message.splitlines())]
    return "\n".join(lines) + "\n"
