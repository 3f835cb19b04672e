"""How an image came about, as an in-toto statement with SLSA provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version

from pipeline.report.model import Report, ServiceResult

IN_TOTO = "application/vnd.in-toto+json"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:pipeline:image:1"
"""What the parameters mean: a service's image, made by the stages of a plan."""

_LABEL = "org.opencontainers.image"


def provenance(report: Report, service: ServiceResult, labels: Mapping[str, str], plan: str) -> str:
    """Return the statement about a service's image.

    Parameters
    ----------
    labels:
        The image's own, which say what sources it was made from.
    plan:
        The SHA-256 of what `pipeline plan SERVICE --format json` prints, in hexadecimal.
    """
    revision = labels.get(f"{_LABEL}.revision", "")
    source = {"uri": f"git+{labels.get(f'{_LABEL}.source', report.repository)}", "digest": {"gitCommit": revision}}
    bases = sorted({stage.base for stage in service.stages if "@" in stage.base})
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": service.service_name, "digest": _digest(service.image_digest)}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"service": service.service_name},
                "internalParameters": {"plan": {"digest": {"sha256": plan}}},
                "resolvedDependencies": [
                    *([source] if revision else []),
                    *({"uri": base.partition("@")[0], "digest": _digest(base.partition("@")[2])} for base in bases),
                ],
            },
            "runDetails": {
                "builder": {
                    "id": "urn:pipeline",
                    "version": {"pipeline": version("pipeline"), report.engine.name: report.engine.version},
                },
                "metadata": {"invocationId": report.run, "startedOn": report.started},
            },
        },
    }
    return json.dumps(statement, indent=2) + "\n"


def _digest(digest: str) -> dict[str, str]:
    kind, _, value = digest.partition(":")
    return {kind: value}
