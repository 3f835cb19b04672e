from __future__ import annotations

from pipeline.report.model import EngineResult, Retry, ServiceResult, StageResult, summarise
from pipeline.report.summary import summary

SERVICES = (
    ServiceResult(
        service_name="api-gateway",
        kind="node",
        success=True,
        status="built",
        duration_seconds=4.0,
        image_size_mb=41.0,
        image_digest="sha256:" + "ab" * 32,
        stages=(
            StageResult(name="deps", status="cached", saved_seconds=21.4),
            StageResult(name="build", status="executed", duration_seconds=1.2, reason="file: src/a.ts"),
        ),
    ),
    ServiceResult(
        service_name="auth-service",
        kind="go",
        success=False,
        status="failed",
        duration_seconds=3.9,
        error_message="stage build: `go build` ended with exit code 1\nmain.go:3:1: syntax error",
        stages=(
            StageResult(name="build", status="failed"),
            StageResult(name="runtime", status="skipped", reason="build failed"),
        ),
    ),
)
REPORT = summarise(EngineResult(name="buildkit", version="v0.34.2"), SERVICES, "2026-11-24T02:00:00Z", 4.1)


def test_figures():
    assert (REPORT.success, REPORT.services_total, REPORT.services_succeeded) == (False, 2, 1)
    assert REPORT.sum_of_durations_seconds == 7.9
    assert REPORT.cache_hit_rate == round(1 / 3, 4)


def test_summary(golden):
    golden("pipeline/summary.txt", summary(REPORT))


def test_what_was_built_again_is_told():
    retry = Retry(host="tcp://a:1", reason="EOF")
    moved = SERVICES[0].model_copy(update={"host": "tcp://b:1", "retries": (retry,)})
    text = summary(summarise(REPORT.engine, (moved, SERVICES[1]), REPORT.started, 4.1))
    assert "  built again         on tcp://b:1, since tcp://a:1 was lost: EOF\n" in text
    assert text.endswith("built again   1 on another host: api-gateway\n")


def test_nothing_that_a_build_prints_is_a_command_to_github():
    """Its runner looks for `::` behind blanks at a line's beginning, and for `##[` anywhere."""
    printed = "##[group]a\n::error::b\n\t ::add-mask::c\rd ##[stop-commands]e\nstd::vector #[f]"
    failed = SERVICES[1].model_copy(update={"error_message": printed})
    lines = summary(summarise(REPORT.engine, (failed,), REPORT.started, 4.1)).splitlines()
    assert lines[4:9] == [
        "auth-service: failed: ## [group]a",
        "    | ::error::b",
        "    | \t ::add-mask::c",
        "    d ## [stop-commands]e",
        "    std::vector #[f]",
    ]


def test_json(golden):
    golden("pipeline/report.json", REPORT.model_dump_json(indent=2) + "\n")
