from __future__ import annotations

from contextlib import AsyncExitStack

from daglet.planner import Planner
from daglet.server import serve
from pipeline.config import Overrides
from pipeline.engine import STAGE_VARIABLE, _connect
from pipeline.planning import host_directory, planned
from pipeline.repository import read


async def test_certificates_that_are_kept_are_those_that_no_command_has_met(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "go.mod").write_text("module example.test/a\n\ngo 1.26\n")
    (tmp_path / "a" / "main.go").write_text("package main\n\nfunc main() {}\n")
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\n')
    repository = read(tmp_path, [], Overrides())
    planner = Planner.make(STAGE_VARIABLE, tmp_path)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(serve(planner))
        await _connect(stack, session.port, session.token)
        project = planned(repository.root, repository.config, repository.services, host_directory(repository.root))
        kept = project.graph("a").stage("build").kept
        assert list(kept.beside) == ["/etc/ssl/certs/ca-certificates.crt"]
        [certificates] = kept.beside.values()
        await certificates.sync()
    [plan] = planner.plans
    assert "ca-certificates.crt" in plan
    assert "RUN" not in plan
