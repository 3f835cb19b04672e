from __future__ import annotations


async def test_certificates_that_are_kept_are_those_that_no_command_has_met(tmp_path, planning):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "go.mod").write_text("module example.test/a\n\ngo 1.26\n")
    (tmp_path / "a" / "main.go").write_text("package main\n\nfunc main() {}\n")
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\n')
    async with planning() as (project, planner):
        kept = project.graph("a").stage("build").kept
        assert list(kept.beside) == ["/etc/ssl/certs/ca-certificates.crt"]
        [certificates] = kept.beside.values()
        await certificates.sync()
    [plan] = planner.plans
    assert "ca-certificates.crt" in plan
    assert "RUN" not in plan
