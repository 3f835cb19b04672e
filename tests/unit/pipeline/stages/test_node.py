from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace

import anyio
import pytest

from daglet.planner import Planner
from daglet.server import serve
from pipeline.config import Overrides
from pipeline.engine import STAGE_VARIABLE, _connect
from pipeline.planning import host_directory, planned
from pipeline.repository import read
from pipeline.stages.context import HostSettings


@pytest.fixture
async def npmrc(tmp_path):
    """Return npm's configuration as an install is given it, for settings of the user's."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "package.json").write_text('{"name": "a", "main": "index.js"}')
    (tmp_path / "a" / "index.js").touch()
    (tmp_path / "a" / "package-lock.json").write_text("{}")
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\n')
    repository = read(tmp_path, [], Overrides())

    async def give(settings):
        planner = Planner.make(STAGE_VARIABLE, tmp_path)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(serve(planner))
            await _connect(stack, session.port, session.token)
            project = planned(repository.root, repository.config, repository.services, host_directory(repository.root))
            await replace(project, host=HostSettings(settings)).graph("a").images[0].sync()
        return planner.secrets["npmrc"]

    return give


@pytest.mark.parametrize(("settings", "patience"), [("", "60000"), ("fetch-timeout=5\n", "5")])
async def test_npm_gives_up_in_time_unless_the_user_says_otherwise(npmrc, tmp_path, settings, patience):
    path = tmp_path / "npmrc"
    path.write_text(await npmrc(settings))
    told = await anyio.run_process(["npm", "config", "get", "fetch-timeout", "--userconfig", str(path)])
    assert told.stdout.decode() == f"{patience}\n"


async def test_without_a_lockfile_the_install_takes_in_the_manifest_alone(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "package.json").write_text('{"name": "a", "main": "index.js"}')
    (tmp_path / "a" / "index.js").write_text("")
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\nnode = { frozen = false }\n')
    repository = read(tmp_path, [], Overrides())
    async with AsyncExitStack() as stack:
        planner = Planner.make(STAGE_VARIABLE, tmp_path)
        session = await stack.enter_async_context(serve(planner))
        await _connect(stack, session.port, session.token)
        graph = planned(repository.root, repository.config, repository.services, host_directory(repository.root)).graph("a")
        await graph.stage("prod-deps").container.sync()
    [plan] = planner.plans
    assert "npm" in plan
    assert "build context" not in plan
