"""`pipeline engine start|stop|prune|status` on the real engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
import steps

from daglet.embedded import Layout, acquire, is_running, tools

ROOT = Path(__file__).parents[2]
SECONDS = 10_000 + os.getpid()
GO = f"sleep\0{SECONDS}".encode()


@pytest.fixture
def machine(tmp_path):
    """An engine state of the test's own, and the commands on it."""
    made = Machine(tmp_path)
    yield made
    made("stop")
    assert not is_running(made.layout)
    assert steps.with_arguments(os.fsencode(tmp_path)) == []


class Machine:
    def __init__(self, state):
        self.environ = {name: value for name, value in os.environ.items() if name != "BUILDKIT_HOST"}
        self.environ["DAGLET_STATE"] = str(state)
        self.layout = Layout.from_environment(self.environ)

    def __call__(self, command, code=0, **settings):
        arguments = [sys.executable, "-m", "pipeline", "engine", command]
        environ = self.environ | settings
        done = subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    def build(self, *words):
        """Run a step as a client does that comes and goes."""

        async def client():
            async with acquire(self.layout, self.environ, print) as engine:
                await steps.run(engine, *words)

        anyio.run(client)

    def use(self, work):
        """Do something while a client uses the engine."""

        async def client():
            async with acquire(self.layout, self.environ, print):
                return await anyio.to_thread.run_sync(work)

        return anyio.run(client)


def test_start_keeps_it_up_without_clients_until_stop(machine):
    assert machine("start") == f"unix://{machine.layout.socket}\n"
    first = machine("status")
    assert re.match(rf"BuildKit {tools.version()}: running \(process \d+\) for linux/\w+, idle, kept up until `", first)
    machine.build("true")
    time.sleep(1)
    assert machine("status").split(",")[0] == first.split(",")[0]
    assert machine("start") == f"unix://{machine.layout.socket}\n"
    assert machine("stop") == "stopped\n"
    assert not is_running(machine.layout)


def test_status_tells_the_truth(machine):
    assert machine("status").startswith(f"BuildKit {tools.version()}: not running\n")
    told = machine.use(lambda: machine("status"))
    assert f"state: {machine.layout.state}, " in told
    assert ", in use, ends with its last build\n" in told
    deadline = time.monotonic() + 10
    while is_running(machine.layout) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ": not running\n" in machine("status")


def test_status_names_the_engine_that_builds_use_instead(machine):
    assert machine("status", BUILDKIT_HOST="tcp://a:1").endswith("builds use BUILDKIT_HOST instead: tcp://a:1\n")


def test_one_that_was_kept_and_killed_is_not_said_to_run_nor_kept_by_the_next_build(machine):
    machine("start")
    process = int(re.search(r"process (\d+)", machine("status"))[1])
    os.kill(process, 9)
    deadline = time.monotonic() + 5
    while is_running(machine.layout) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ": not running\n" in machine("status")
    assert ", ends with its last build\n" in machine.use(lambda: machine("status"))


def test_stop_leaves_it_to_the_builds_that_use_it(machine):
    machine("start")
    assert machine.use(lambda: machine("stop", code=1)) == "in use: it stops with its last build\n"
    deadline = time.monotonic() + 10
    while is_running(machine.layout) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(machine.layout)


def test_stop_where_nothing_runs(machine):
    assert machine("stop") == "stopped\n"


def test_stops_at_the_same_time_all_succeed(machine):
    machine("start")
    command = [sys.executable, "-m", "pipeline", "engine", "stop"]
    stops = [subprocess.Popen(command, env=machine.environ, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in stops] == ["stopped\n"] * 3


def test_prune_frees_what_builds_have_left_and_ends_a_kept_engine(machine):
    machine.build("true")
    machine("start")
    machine.build("dd", "if=/dev/urandom", "of=/file", "bs=1M", "count=20")
    freed = float(re.fullmatch(r"pruned: ([\d.]+) MB freed\n", machine("prune"))[1])
    assert freed > 20
    assert not is_running(machine.layout)
    assert not machine.layout.engine.exists()
    machine.build("true")


def test_prune_where_there_is_nothing(machine):
    assert machine("prune") == "pruned: 0.0 MB freed\n"


def test_prune_takes_nothing_from_builds_that_run(machine):
    told = machine.use(lambda: machine("prune", code=1))
    assert told == "pipeline: the engine is in use; wait for the builds that run, or end them\n"
    assert machine.layout.engine.exists()


@pytest.mark.parametrize("command", [("engine", "start"), ("build",)])
async def test_ctrl_c_ends_the_preparation_of_the_engine(machine, tmp_path, command):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "go").write_text(f'#!/bin/sh\ntest "$1" != build || exec sleep {SECONDS}\nexec {shutil.which("go")} "$@"\n')
    (programs / "go").chmod(0o755)
    environ = machine.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "DAGLET_CACHE": str(tmp_path / "cache")}
    arguments = [sys.executable, "-m", "pipeline", *command]
    process = await anyio.open_process(arguments, env=environ, cwd=ROOT)
    try:
        await steps.until(lambda: steps.with_arguments(GO))
        process.send_signal(2)
        with anyio.fail_after(5):
            assert await process.wait() == 130
    finally:
        if process.returncode is None:
            process.kill()
        await process.aclose()
    assert steps.with_arguments(GO) == []
