"""Which engine builds what, and what becomes of it when one is lost: with a stand-in for buildctl."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from daglet import buildctl
from daglet.dockerfile import Plan
from daglet.errors import BuildFailed, EngineLost
from daglet.pool import Move, Pool

INPUTS = buildctl.Inputs({}, {}, {}, {})


@dataclass(frozen=True)
class Engine:
    address: str
    platform: str = "linux/amd64"
    identity: str = ""
    credentials: tuple[str, ...] = ()
    buildctl: Path = Path()
    shim: Path = Path()


A, B, C = (Engine(f"tcp://{name}") for name in "abc")


def plan(group):
    return Plan("", "", "", {}, {}, {}, {}, group)


@pytest.fixture
def solved(monkeypatch):
    """The engines that were asked, and those that are down, which a test may change."""
    asked, down = [], set()

    async def solve(engine, plan, inputs, output=""):
        asked.append(engine.address)
        if engine.address in down:
            raise EngineLost(engine.address, "EOF")

    monkeypatch.setattr(buildctl, "solve", solve)
    return asked, down


async def test_a_group_is_built_where_it_belongs(solved):
    pool = Pool([A, B], {"web": B.address, "api": A.address})
    for group in ("web", "api", "web"):
        await pool.solve(plan(group), INPUTS)
    assert solved[0] == [B.address, A.address, B.address]


async def test_a_group_without_a_place_keeps_to_one(solved):
    pool = Pool([A, B, C])
    for _ in range(3):
        await pool.solve(plan("other"), INPUTS)
    assert len(set(solved[0])) == 1


async def test_what_is_lost_is_built_on_another_and_told_once(solved):
    asked, down = solved
    moves = []
    pool = Pool([A, B, C], {"web": A.address, "api": B.address}, moves.append)
    await pool.solve(plan("web"), INPUTS)
    await pool.solve(plan("api"), INPUTS)
    down.add(A.address)
    await pool.solve(plan("web"), INPUTS)
    await pool.solve(plan("web"), INPUTS)
    other = asked[-1]
    assert other in {B.address, C.address}
    assert asked == [A.address, B.address, A.address, other, other]
    assert moves == [Move("web", A.address), Move("api", B.address), Move("web", other, A.address, "EOF")]


async def test_none_left_is_the_failure(solved):
    solved[1].update({A.address, B.address})
    with pytest.raises(EngineLost, match=r"the BuildKit at tcp://. is lost: EOF"):
        await Pool([A, B]).solve(plan("web"), INPUTS)
    assert sorted(solved[0]) == [A.address, B.address]


async def test_a_build_that_fails_is_not_built_again(monkeypatch):
    asked = []

    async def solve(engine, plan, inputs, output=""):
        asked.append(engine.address)
        msg = "no such file"
        raise BuildFailed(msg)

    monkeypatch.setattr(buildctl, "solve", solve)
    with pytest.raises(BuildFailed, match="no such file"):
        await Pool([A, B]).solve(plan("web"), INPUTS)
    assert len(asked) == 1
