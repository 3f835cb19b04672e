"""What final images start from is told with its digest, where that is known."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from daglet.planner import Planner
from daglet.server import serve
from pipeline import facts
from pipeline.config import Overrides
from pipeline.engine import STAGE_VARIABLE, _connect
from pipeline.planning import host_directory, planned
from pipeline.repository import read

DIGEST = "sha256:" + "a" * 64
SERVICES = {
    "go": {"go.mod": "module a.test/a\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"},
    "node": {"package.json": '{"name": "a", "main": "index.js"}', "package-lock.json": "{}", "index.js": ""},
}


@pytest.fixture
async def base_of(tmp_path):
    """Return what the runtime stage of a service starts from."""

    async def find(kind, address):
        for name, text in SERVICES[kind].items():
            (tmp_path / name).write_text(text)
        (tmp_path / "pipeline.toml").write_text(f'[services.a]\npath = "."\nruntime.base = "{address}"\n')
        repository = read(tmp_path, [], Overrides())
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(serve(Planner.make(STAGE_VARIABLE, tmp_path)))
            await _connect(stack, session.port, session.token)
            graph = planned(repository.root, repository.config, repository.services, host_directory(tmp_path)).graph("a")
            return facts._base(graph.stage("runtime"))

    return find


@pytest.mark.parametrize("kind", SERVICES)
async def test_an_address_with_its_digest(base_of, kind):
    address = f"registry.example/base:1@{DIGEST}"
    assert await base_of(kind, address) == address


@pytest.mark.parametrize("kind", SERVICES)
async def test_an_address_without_one(base_of, kind):
    assert await base_of(kind, "registry.example/base:1") == "registry.example/base:1"


async def test_no_base_at_all(base_of):
    assert await base_of("go", "minimal") == "scratch"
