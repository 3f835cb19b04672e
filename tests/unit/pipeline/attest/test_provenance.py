"""How an image came about."""

from __future__ import annotations

import json
from importlib.metadata import version

from pipeline.attest import provenance
from pipeline.report.model import EngineResult, Origin, ServiceResult, StageResult, summarise

BASE = "docker.io/library/node:22@sha256:" + "b" * 64
SERVICE = ServiceResult(
    service_name="api",
    kind="node",
    success=True,
    status="built",
    image_digest="sha256:" + "a" * 64,
    stages=(
        StageResult(name="deps", status="cached", base=BASE),
        StageResult(name="build", status="executed", needs=("deps",)),
        StageResult(name="runtime", status="executed", base=BASE),
    ),
)
REPORT = summarise(
    EngineResult(name="buildkit", version="v0.34.2"),
    (SERVICE,),
    "2026-11-25T12:00:00Z",
    3.0,
    Origin(run="1f", repository="shop"),
)
LABELS = {"org.opencontainers.image.revision": "c" * 40, "org.opencontainers.image.source": "https://git.example/shop"}


def test_the_statement(golden):
    golden("pipeline/provenance.json", provenance(REPORT, SERVICE, LABELS, "d" * 64).replace(version("pipeline"), "VERSION"))


def test_without_a_commit_no_source_is_claimed():
    statement = json.loads(provenance(REPORT, SERVICE, {}, "d" * 64))
    found = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [item["uri"] for item in found] == ["docker.io/library/node:22"]
