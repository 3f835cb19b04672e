"""The BuildKit that BUILDKIT_HOST names: asked what it is, and refused with one line where it is none."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace

import anyio
import pytest
import steps

from daglet.embedded import EngineError, Layout, acquire, remote, tools


@pytest.fixture(scope="module")
def layouts(tmp_path_factory):
    """The layout of the engine that is named, and another user's."""
    ours, theirs = (tmp_path_factory.mktemp(name) for name in ("ours", "theirs"))
    return [Layout.from_environment({**os.environ, "DAGLET_STATE": str(state)}) for state in (ours, theirs)]


def named(address):
    return {**os.environ, "BUILDKIT_HOST": address}


async def test_it_says_what_it_is_and_builds(layouts):
    ours, theirs = layouts
    async with acquire(theirs, os.environ, print), acquire(ours, named(theirs.address), print) as engine:
        assert engine.address == theirs.address
        assert engine.version == tools.version()
        assert engine.platform.startswith("linux/")
        await steps.run(engine, "true")
    assert list(ours.state.iterdir()) == []


async def test_one_for_other_machines_is_refused(layouts, monkeypatch):
    ours, theirs = layouts
    monkeypatch.setattr(remote, "own_platform", lambda: "linux/riscv64")
    async with acquire(theirs, os.environ, print):
        with pytest.raises(EngineError, match=r"^BUILDKIT_HOST is 'unix://.* for linux/\w+, and .* for linux/riscv64; correct"):
            async with acquire(ours, named(theirs.address), print):
                pass


async def test_one_that_never_answers_is_given_up_on(layouts, monkeypatch):
    monkeypatch.setattr(remote, "_SECONDS", 2)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        started = time.monotonic()
        with pytest.raises(EngineError, match="no BuildKit answers there") as raised:
            async with acquire(layouts[0], named(f"tcp://127.0.0.1:{server.getsockname()[1]}"), print):
                pass
    assert time.monotonic() - started < 8
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "unix:///nonexistent.sock", "nonsense", "ftp://a"])
def test_none_there_is_one_line_and_wrong_usage(make_workspace, address):
    workspace = replace(make_workspace(), settings={"BUILDKIT_HOST": address})
    run = workspace.pipeline("build")
    assert run.code == 2
    [line] = [line for line in run.err.splitlines() if line.startswith("pipeline: ")]
    assert line.startswith(f"pipeline: BUILDKIT_HOST is {address!r}: no BuildKit answers there (")
    assert line.endswith("; correct BUILDKIT_HOST, or unset it to use the embedded engine")
    assert "Traceback" not in run.err
    assert run.out == ""


def test_a_build_says_which_it_uses(make_workspace, layouts):
    workspace = replace(make_workspace(), settings={"BUILDKIT_HOST": layouts[1].address})
    (workspace.root / "pipeline.toml").write_text('[services.auth-service]\npath = "services/auth"\n')

    async def build():
        async with acquire(layouts[1], os.environ, print):
            return await anyio.to_thread.run_sync(workspace.pipeline, "build", "--target", "config")

    run = anyio.run(build)
    assert run.code == 0, run.err
    assert f"engine: buildkit {tools.version()} for linux/" in run.err
    assert "(BUILDKIT_HOST is set)" in run.err
    assert run.report["engine"] == {"name": "buildkit", "version": tools.version()}
