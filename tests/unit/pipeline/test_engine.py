"""Which engine is chosen, and why: from the environment alone, with stand-ins for `dagger` and `docker` on the path."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
import steps

from pipeline.engine import Choice, choose, prepared


@pytest.fixture
def program(tmp_path):
    """Make a program on the path, which ends with an exit code."""

    def make(name, code=0):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)

    return make


@pytest.fixture
def environ(tmp_path):
    return {"PATH": str(tmp_path)}


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "engine.sock"))
        server.listen()
        yield f"unix://{tmp_path}/engine.sock"


def test_nothing_at_hand_is_the_embedded_engine(environ):
    assert choose(Choice.AUTO, environ) == (Choice.BUILDKIT, "no Dagger Engine at hand")


def test_the_session_that_we_run_in_comes_first(environ, program):
    program("dagger")
    program("docker")
    chosen = choose(Choice.AUTO, {**environ, "DAGGER_SESSION_PORT": "1", "BUILDKIT_HOST": "tcp://127.0.0.1:1"})
    assert chosen == (Choice.DAGGER, "inside a Dagger session")


def test_dagger_with_docker_comes_before_a_buildkit_that_is_named(environ, program):
    program("dagger")
    program("docker")
    chosen = choose(Choice.AUTO, {**environ, "BUILDKIT_HOST": "tcp://127.0.0.1:1"})
    assert chosen == (Choice.DAGGER, "dagger and Docker are at hand")


def test_dagger_without_an_engine_is_not_chosen(environ, program):
    program("dagger")
    program("docker", code=1)
    chosen = choose(Choice.AUTO, {**environ, "BUILDKIT_HOST": "tcp://127.0.0.1:1"})
    assert chosen == (Choice.BUILDKIT, "BUILDKIT_HOST is set")


def test_an_engine_without_dagger_is_not_chosen(environ, listener):
    found, _ = choose(Choice.AUTO, {**environ, "_EXPERIMENTAL_DAGGER_RUNNER_HOST": listener})
    assert found is Choice.BUILDKIT


def test_an_engine_that_is_named_and_listens(environ, program, listener):
    program("dagger")
    chosen = choose(Choice.AUTO, {**environ, "_EXPERIMENTAL_DAGGER_RUNNER_HOST": listener})
    assert chosen == (Choice.DAGGER, f"dagger is on the path, its engine at {listener}")


@pytest.mark.parametrize("address", ["unix:///nowhere/engine.sock", "tcp://127.0.0.1:1"])
def test_an_engine_that_is_named_and_does_not_listen(environ, program, address):
    program("dagger")
    program("docker")
    found, _ = choose(Choice.AUTO, {**environ, "_EXPERIMENTAL_DAGGER_RUNNER_HOST": address})
    assert found is Choice.BUILDKIT


@pytest.mark.parametrize("wanted", [Choice.DAGGER, Choice.BUILDKIT])
def test_what_is_asked_for_is_not_argued_with(environ, wanted):
    assert choose(wanted, {**environ, "DAGGER_SESSION_PORT": "1", "BUILDKIT_HOST": "x"}) == (wanted, "asked for")


async def test_a_session_that_nothing_asks_for_is_ended(monkeypatch):
    monkeypatch.delenv("DAGGER_SESSION_PORT", raising=False)
    async with prepared(Choice.BUILDKIT):
        # For a moment a program that begins has no command line yet.
        await steps.until(lambda: any(b"daglet" in item.cmdline for item in children()))
        [process] = [item for item in children() if b"daglet" in item.cmdline]
    assert not process.folder.exists()


async def test_where_dagger_is_asked_for_nothing_of_ours_is_started():
    async with prepared(Choice.DAGGER):
        assert [item for item in children() if b"daglet" in item.cmdline] == []


@dataclass(frozen=True)
class Child:
    folder: Path
    cmdline: bytes


def children():
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        folder = Path("/proc", pid)
        yield Child(folder, (folder / "cmdline").read_bytes())
