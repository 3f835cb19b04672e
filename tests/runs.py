"""Reports of runs that never were, for tests of what is made of recorded runs."""

from __future__ import annotations

from pipeline.report.model import EngineResult, Origin, Report, ServiceResult, StageResult, instant, summarise

START = 1_795_500_000.0
"""When the first of them began, in seconds since 1970."""

ENGINE = EngineResult(name="buildkit", version="v0.34.2")


def node(
    name: str, begun: float, *, install: float, compile_: float, size: float, cached: tuple[str, ...] = ()
) -> ServiceResult:
    """Return a Node service that was built, some of its stages out of the cache. Times in seconds."""
    second = install * 0.6
    times = {
        "deps": (0.0, install, ()),
        "build": (0.0 if "deps" in cached else install, compile_, ("deps",)),
        "prod-deps": (0.0, second, ()),
    }
    stages = [
        StageResult(name=stage, needs=needs, status="cached", saved_seconds=seconds)
        if stage in cached
        else StageResult(
            name=stage,
            needs=needs,
            status="executed",
            started=instant(begun + 0.3 + offset),
            duration_seconds=seconds,
            reason="file: src/index.ts" if stage == "build" else "file: package-lock.json",
        )
        for stage, (offset, seconds, needs) in times.items()
    ]
    ran = any(stage.status == "executed" for stage in stages)
    last = StageResult(
        name="runtime",
        needs=("build", "prod-deps"),
        status="executed" if ran else "cached",
        reason="stage: build" if ran else "",
    )
    ends = [offset + seconds for stage, (offset, seconds, _) in times.items() if stage not in cached]
    return ServiceResult(
        service_name=name,
        kind="node",
        success=True,
        status="built",
        started=instant(begun),
        duration_seconds=round(max(ends, default=0.0) + 0.9, 3),
        image_size_mb=size,
        image_size_uncompressed_mb=size * 3,
        image_digest="sha256:" + "ab" * 32,
        image=f"images/{name}.tar",
        tags=(f"{name}:latest",),
        stages=(*stages, last),
    )


def go(name: str, begun: float, *, compile_: float, size: float) -> ServiceResult:
    """Return a Go service whose sources were edited. Times in seconds."""
    return ServiceResult(
        service_name=name,
        kind="go",
        success=True,
        status="built",
        started=instant(begun),
        duration_seconds=compile_ + 0.7,
        image_size_mb=size,
        image_size_uncompressed_mb=size * 2.5,
        image_digest="sha256:" + "cd" * 32,
        image=f"images/{name}.tar",
        stages=(
            StageResult(name="deps", status="cached", saved_seconds=1.7),
            StageResult(
                name="build",
                needs=("deps",),
                status="executed",
                started=instant(begun + 0.2),
                duration_seconds=compile_,
                reason="file: main.go",
            ),
            StageResult(name="config", status="cached"),
            StageResult(name="runtime", needs=("build", "config"), status="executed", reason="stage: build"),
        ),
    )


def failed(name: str, begun: float) -> ServiceResult:
    """Return a service whose build stage failed after two seconds."""
    return ServiceResult(
        service_name=name,
        kind="go",
        success=False,
        status="failed",
        started=instant(begun),
        duration_seconds=2.0,
        error_message='stage build: `go build` ended with exit code 1\nmain.go:3:1: syntax error: <unexpected> & "odd"',
        stages=(
            StageResult(name="build", needs=("deps",), status="failed"),
            StageResult(name="runtime", needs=("build",), status="skipped", reason="build failed"),
        ),
    )


def run(number: int, *services: ServiceResult, repository: str = "https://example.test/shop") -> Report:
    """Return a run: the hundredth part of a day after the one before it."""
    begun = START + 864 * number
    lasted = max((service.duration_seconds for service in services), default=0.0) + 0.2
    origin = Origin(run=f"{number:016x}", repository=repository, revision="c0ffee" * 6 + "c0ff")
    return summarise(ENGINE, services, instant(begun), lasted, origin)


def begun(number: int) -> float:
    """Return when a run began, in seconds since 1970."""
    return START + 864 * number


def many(count: int = 12) -> tuple[Report, ...]:
    """Return runs of three services: a cold one, then edits, one of which breaks a service."""
    found = []
    for number in range(count):
        at = begun(number) + 0.1
        found.append(
            run(
                number,
                node(
                    "api-gateway",
                    at,
                    install=10.3,
                    compile_=3.3 + number * 0.1,
                    size=49.0 + number * 0.1,
                    cached=() if number == 0 else ("deps", "prod-deps"),
                ),
                go("auth-service", at + 0.1, compile_=2.1, size=4.08),
                failed("billing", at + 0.2) if number == count - 1 else go("billing", at + 0.2, compile_=1.4, size=5.0),
            )
        )
    return tuple(found)
