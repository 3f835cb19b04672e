"""Builds of both services on a real BuildKit: cache facts, failures, checks (N1-N6, G1-G5, O2-O5)."""

from __future__ import annotations

import os
import time

CACHED = {"cached"}


def test_unchanged_everything_is_cached_and_the_digest_stays(built):
    workspace, before = built
    after = workspace.pipeline("build")
    assert after.code == 0
    for service in ("api-gateway", "auth-service"):
        assert set(after.stages(service).values()) == CACHED
    assert after.digests() == before.digests()
    assert after.report["cache_hit_rate"] == 1
    assert after.service("auth-service")["stages"][0]["saved_seconds"] > 0
    assert workspace.engine_is_gone()


def test_a_node_source_edit_leaves_dependencies_alone(built):
    workspace, _ = built
    before = workspace.layers("api-gateway")
    path = workspace.root / "services/api/src/index.ts"
    path.write_text(path.read_text() + f"\nexport const edited = {time.time_ns()}n;\n")
    run = workspace.pipeline("build", "api-gateway")
    assert run.stages("api-gateway") == {"deps": "cached", "build": "executed", "prod-deps": "cached", "runtime": "executed"}
    assert run.reasons("api-gateway")["build"] == "file: src/index.ts"
    pulled = {digest: size for digest, size in workspace.layers("api-gateway").items() if digest not in before}
    assert len(pulled) == 1
    assert sum(pulled.values()) < 100_000


def test_a_go_config_edit_starts_no_compiler(built):
    workspace, before = built
    path = workspace.root / "services/auth/config/production.yaml"
    path.write_text(path.read_text().replace("level: info", "level: debug"))
    run = workspace.pipeline("build", "auth-service")
    assert run.stages("auth-service") == {"deps": "cached", "build": "cached", "config": "executed", "runtime": "executed"}
    assert run.reasons("auth-service")["config"] == "file: config/production.yaml"
    assert run.digests()["auth-service"] != before.digests()["auth-service"]


def test_what_is_no_input_rebuilds_nothing(built):
    workspace, before = built
    (workspace.root / "services/api/README.md").write_text("new\n")
    (workspace.root / "services/api/test/new.test.ts").write_text("// new\n")
    (workspace.root / "services/auth/internal/token/new_test.go").write_text("package token\n")
    for path in workspace.root.glob("services/*/src/*.ts"):
        os.utime(path, (1, 1))
    run = workspace.pipeline("build")
    assert {status for service in before.digests() for status in run.stages(service).values()} == CACHED
    assert run.digests() == before.digests()


def test_one_that_does_not_compile_never_stops_the_other(built):
    workspace, _ = built
    (workspace.root / "services/auth/cmd/server/main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    run = workspace.pipeline("build")
    assert run.code == 1
    assert run.service("api-gateway")["success"]
    failed = run.service("auth-service")
    assert failed["status"] == "failed"
    assert run.stages("auth-service")["build"] == "failed"
    for part in ("stage build", "go build", "exit code 1", "undefined: undefined"):
        assert part in failed["error_message"]
        assert part in run.out


def test_a_timeout_is_told_apart(built):
    workspace, _ = built
    manifest = workspace.root / "services/api/package.json"
    manifest.write_text(manifest.read_text().replace("tsc -p tsconfig.build.json", "sleep 120"))
    started = time.monotonic()
    run = workspace.pipeline("build", "--timeout", "5")
    assert run.code == 1
    assert run.service("api-gateway")["status"] == "timeout"
    assert "not finished after 5 s: still at stage build: `npm run --silent build`" in run.out
    assert run.service("auth-service")["success"]
    assert time.monotonic() - started < 40
    assert workspace.engine_is_gone()


def test_ctrl_c_ends_everything_in_five_seconds(built):
    workspace, _ = built
    manifest = workspace.root / "services/api/package.json"
    manifest.write_text(manifest.read_text().replace("tsc -p tsconfig.build.json", "sleep 121"))
    process = workspace.start("build")
    while "api-gateway: started" not in process.stderr.readline():
        pass
    time.sleep(3)
    process.send_signal(2)
    started = time.monotonic()
    run = workspace.finish(process)
    assert run.code == 130
    assert time.monotonic() - started < 5
    assert workspace.engine_is_gone()


def test_a_killed_client_leaves_nothing_running(built):
    workspace, _ = built
    manifest = workspace.root / "services/api/package.json"
    manifest.write_text(manifest.read_text().replace("tsc -p tsconfig.build.json", "sleep 122"))
    process = workspace.start("build")
    while "api-gateway: started" not in process.stderr.readline():
        pass
    time.sleep(3)
    process.kill()
    process.communicate()
    assert workspace.engine_is_gone(15)


def test_two_builds_at_the_same_time_share_one_engine(built):
    workspace, before = built
    runs = [workspace.finish(process) for process in [workspace.start("build", "--report", f"r{n}.json") for n in range(2)]]
    assert [run.code for run in runs] == [0, 0], [run.err for run in runs]
    assert workspace.pipeline("build").digests() == before.digests()


def test_an_invalid_configuration_file_is_placed(built):
    workspace, _ = built
    path = workspace.root / "services/auth/config/production.yaml"
    path.write_text(path.read_text().replace("port: 8080", "port: http"))
    run = workspace.pipeline("build", "auth-service")
    assert run.code == 1
    assert "services/auth/config/production.yaml:2: server.port: 'http' is not of type 'integer'" in run.out
    assert run.stages("auth-service")["config"] == "failed"


def test_the_services_checks_pass_and_their_images_answer(built):
    workspace, _ = built
    run = workspace.pipeline("check")
    assert run.code == 0, run.out
    assert [line.split()[1:3] for line in run.out.splitlines()] == [
        [check, "passed"] for check in ("lint", "test", "smoke", "vet", "test", "smoke")
    ]
