"""Findings for people, for programs, and as SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.doctor.examine import Examination
from pipeline.doctor.model import Finding, Rule, Severity
from pipeline.doctor.rules import RULES

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_text(found: Examination) -> str:
    """Return findings for people: a place, what is wrong, what to change; then how many there are."""
    lines: list[str] = []
    for item in found.findings:
        lines += [f"{item.place}: {item.severity}: {item.reason} [{item.rule.id}]", f"    {item.fix}"]
    lines += [f"not examined: {notice}" for notice in found.notices]
    what = ", ".join(
        _counted(len(names), noun) for names, noun in ((found.services, "service"), (found.dockerfiles, "Dockerfile")) if names
    )
    counts = {level: sum(item.severity is level for item in found.findings) for level in Severity}
    told = ", ".join(_counted(number, level.value) for level, number in counts.items() if number) or "nothing found"
    return "\n".join([*lines, *([""] if lines else []), f"{what or 'nothing to examine'}: {told}"]) + "\n"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_data(found: Examination) -> dict[str, Any]:
    """Return findings as plain data, for JSON."""
    return {
        "version": 1,
        "success": not found.failed,
        "services": list(found.services),
        "dockerfiles": list(found.dockerfiles),
        "notices": list(found.notices),
        "findings": [
            {
                "id": item.rule.id,
                "severity": item.severity.value,
                "file": item.file,
                "line": item.line,
                "reason": item.reason,
                "fix": item.fix,
                "fixable": bool(item.edits),
                "buildkit_check": item.rule.buildkit,
            }
            for item in found.findings
        ],
    }


def as_sarif(found: Examination, version: str) -> dict[str, Any]:
    """Return findings as SARIF 2.1.0, which code hosts show beside the lines."""
    used = [rule for rule in RULES if any(item.rule is rule for item in found.findings)]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "pipeline doctor", "version": version, "rules": [_rule(rule) for rule in used]}},
                "columnKind": "utf16CodeUnits",
                "results": [_result(item, used) for item in found.findings],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": notice}} for notice in found.notices
                        ],
                    }
                ],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": [rule.family]},
    }


def _result(item: Finding, rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "ruleId": item.rule.id,
        "ruleIndex": rules.index(item.rule),
        "level": item.severity.value,
        "message": {"text": f"{item.reason}. {item.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": item.file, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(1, item.line)},
                }
            }
        ],
    }


def written(data: object) -> str:
    """Return data as JSON text."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
