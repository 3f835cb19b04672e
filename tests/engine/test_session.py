"""`daglet session` as the Dagger client starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import steps

DAGLET = Path(sys.executable).with_name("daglet")

PROGRAM = """
import anyio, dagger, sys
from dagger import dag

async def main():
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        print(await dag.directory().with_new_file("a", "hello\\n").with_symlink("a", "b").file("b").contents(), flush=True)
        if sys.argv[1:]:
            await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.fixture
def client(tmp_path):
    """Start a program that uses the client and knows nothing of daglet, but for the command line that it is to start."""
    started = []
    environ = {**os.environ, "DAGLET_STATE": str(tmp_path), "_EXPERIMENTAL_DAGGER_CLI_BIN": str(DAGLET)}

    def start(*arguments):
        command = [sys.executable, "-c", PROGRAM, *arguments]
        started.append(subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    assert all_gone(tmp_path)


def all_gone(state, seconds=15.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = [path for path in Path("/proc").glob("[0-9]*/environ") if os.fsencode(f"DAGLET_STATE={state}") in content(path)]
        if not found:
            return True
        time.sleep(0.1)
    return False


def content(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_an_unchanged_program_runs_on_it(client):
    out, err = client().communicate(timeout=120)
    assert out == "hello\n\n", err


def test_it_ends_with_a_client_that_is_killed(client, tmp_path):
    process = client("wait")
    assert process.stdout.readline() == "hello\n"
    assert not all_gone(tmp_path, 0)
    process.kill()
    assert all_gone(tmp_path)


def test_its_token_is_in_no_arguments_no_log_and_no_file(tmp_path):
    environ = {**os.environ, "DAGLET_STATE": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([DAGLET, "session"], env=environ, text=True, **pipes) as process:
        told = json.loads(process.stdout.readline())
        token = told["session_token"]
        query = '{ directory { withNewFile(path: "a", contents: "a") { file(path: "a") { contents } } } }'
        answer = httpx.post(f"http://127.0.0.1:{told['port']}/query", json={"query": query}, auth=(token, ""), timeout=60)
        assert answer.json() == {"data": {"directory": {"withNewFile": {"file": {"contents": "a"}}}}}
        assert steps.with_arguments(token.encode()) == []
        assert [path for path in tmp_path.rglob("*") if path.is_file() and token.encode() in content(path)] == []
        process.stdin.close()
        assert token not in process.stderr.read()
    assert all_gone(tmp_path)
