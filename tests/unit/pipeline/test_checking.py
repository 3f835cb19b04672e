"""Checks of several services at once, without an engine: which there are, and that one failure stops no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import dagger
import pytest
from graphql import GraphQLError

from pipeline import checking
from pipeline.checking import Check


class Stub:
    """A container that fails or not when it is asked for. As the client's own, it is not hashable."""

    __hash__ = None

    def __init__(self, error=None):
        self.error = error

    async def sync(self):
        if self.error:
            raise self.error


@dataclass(frozen=True)
class Service:
    timeout: float = 60


@dataclass(frozen=True)
class Config:
    max_parallel: int = 2
    services: dict = field(default_factory=lambda: {"api": Service(), "web": Service()})


@dataclass(frozen=True)
class Project:
    """A project whose services have a linter each."""

    config: Config = Config()
    services: tuple = ("api", "web")

    def checks(self, name, run):
        return {f"lint of {name} in {run}": Stub()}


def exec_error(stderr="b\n", command=("lint",)):
    told = {"_type": "EXEC_ERROR", "cmd": list(command), "exitCode": 3, "stdout": "a\n", "stderr": stderr}
    value = GraphQLError("exit code: 3", extensions=told)
    return dagger.QueryError([value], SimpleNamespace(document=None))


async def test_the_failure_of_one_check_stops_no_other():
    events = []
    wanted = [Check("api", "lint", Stub(exec_error())), Check("web", "lint", Stub())]
    failed, passed = await checking.check(Project(), wanted, lambda *event: events.append(event))
    assert (failed.service, failed.success, failed.message) == ("api", False, "ended with exit code 3\na\nb")
    assert (passed.service, passed.success, passed.message) == ("web", True, "")
    assert sorted(events) == [("api", "lint failed"), ("web", "lint passed")]


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("listen tcp :80: bind: permission denied", "let it listen on a higher one"),
        ("mkdir data: permission denied", "`writable`"),
        ("listen tcp :8080: bind: address already in use", ""),
    ],
)
async def test_a_service_that_misses_something_in_its_image_is_told_what_gives_it(stderr, told):
    started = ("/.check/busybox", "sh", "-c", checking._SMOKE, "--", "/bin/app")
    wanted = [
        Check(name, "smoke", Stub(exec_error(stderr, command))) for name, command in (("api", started), ("web", ("tsc",)))
    ]
    smoke, built = await checking.check(Project(), wanted, lambda *_: None)
    *_, last = smoke.message.splitlines()
    assert told in last
    assert (last == stderr) is not bool(told)
    assert built.message.endswith(stderr)


async def test_a_stage_before_a_check_that_misses_a_login_is_told_the_key_that_gives_it():
    error = exec_error("fatal: could not read Username for 'https://a.test'", ("sh", "-c", "go mod download"))
    [result] = await checking.check(Project(), [Check("api", "lint", Stub(error))], lambda *_: None)
    assert "`go.private`" in result.message


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        (["tests"], ["lint of api in r1", "lint of web in r1"]),
        (["smoke"], ["smoke", "smoke"]),
        (["tests", "smoke"], ["lint of api in r1", "smoke", "lint of web in r1", "smoke"]),
    ],
)
def test_which_checks_there_are(monkeypatch, kinds, names):
    monkeypatch.setattr(checking, "smoke", lambda *_: Stub())
    assert [item.name for item in checking.checks(Project(), "r1", kinds)] == names
