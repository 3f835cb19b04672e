from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from daglet.planner import Planner
from daglet.server import serve
from pipeline.config import Overrides
from pipeline.engine import STAGE_VARIABLE, _connect
from pipeline.planning import host_directory, planned
from pipeline.repository import read


@pytest.fixture
def planning(tmp_path):
    """Connect the client to what plans and runs nothing: yield the project of the folder's files, and the planner."""

    @asynccontextmanager
    async def connected():
        repository = read(tmp_path, [], Overrides())
        planner = Planner.make(STAGE_VARIABLE, tmp_path)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(serve(planner))
            await _connect(stack, session.port, session.token)
            yield planned(repository.root, repository.config, repository.services, host_directory(repository.root)), planner

    return connected
