"""What scanners print, read into one form: osv-scanner's JSON, govulncheck's, and CycloneDX (grype, trivy and others)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.errors import PipelineError
from pipeline.report.model import Vulnerabilities

Severity = Literal["critical", "high", "medium", "low", "unknown"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "unknown")
_SCORES: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_KNOWN_BEST = ("CVE-", "GHSA-")
_MALWARE = "MAL-"
_SHOWN = 200


class ScanError(PipelineError):
    """A scanner did not do its work: what is in the image is not known to be sound."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A known vulnerability of a package in an image.

    Parameters
    ----------
    ids:
        What it is called, the best known name first.
    fixed:
        The versions of the package that mend it, as far as the database tells.
    tools:
        The scanners that found it.
    """

    ids: tuple[str, ...]
    package: str
    version: str
    severity: Severity
    fixed: tuple[str, ...]
    tools: tuple[str, ...]


def parse(tool: str, text: str) -> tuple[Finding, ...]:
    """Return what a scanner found.

    Raises
    ------
    ScanError
        If it printed none of the known forms.
    """
    try:
        found = list(_read(tool, list(_documents(text))))
    except (ValueError, LookupError, TypeError, AttributeError):
        start = " ".join(text.split())[:_SHOWN] or "nothing"
        msg = f"{tool} printed no result that is known here, but: {start}"
        raise ScanError(msg, hint="it is to print osv-scanner's JSON, govulncheck's, or CycloneDX") from None
    return merged(found)


def merged(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, each once: what has a name in common is the same vulnerability. The worst come first."""
    kept: list[Finding] = []
    for item in found:
        same = [other for other in kept if other.package == item.package and set(other.ids) & set(item.ids)]
        for other in same:
            kept.remove(other)
        kept.append(_one([*same, item]))
    return tuple(sorted(kept, key=lambda item: (SEVERITIES.index(item.severity), item.package, item.ids)))


def counts(found: Iterable[Finding]) -> Vulnerabilities:
    """Return how many there are of each severity."""
    severities = [item.severity for item in found]
    return Vulnerabilities(**{severity: severities.count(severity) for severity in SEVERITIES})


def severe(found: Iterable[Finding], threshold: Severity | Literal["never"]) -> tuple[Finding, ...]:
    """Return findings of a severity and above. Those whose severity nobody has told are taken for high."""
    if threshold == "never":
        return ()
    limit = SEVERITIES.index(threshold)
    return tuple(item for item in found if SEVERITIES.index("high" if item.severity == "unknown" else item.severity) <= limit)


def _documents(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON documents that stand one after the other in a text."""
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def _read(tool: str, documents: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    first = documents[0]
    if "results" in first:
        return _osv(tool, first)
    if first.get("bomFormat") == "CycloneDX":
        return _cyclonedx(tool, first)
    if "config" in first:
        return _govulncheck(tool, documents)
    raise LookupError


def _osv(tool: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    packages = (package for result in document["results"] or () for package in result["packages"] or ())
    for entry in packages:
        name = entry["package"]["name"]
        for group in entry.get("groups") or ():
            about = [item for item in entry.get("vulnerabilities") or () if item["id"] in group["ids"]]
            score = float(group.get("max_severity") or 0)
            yield Finding(
                _names([*group["ids"], *(group.get("aliases") or ())]),
                name,
                entry["package"]["version"],
                "critical" if any(item.startswith(_MALWARE) for item in group["ids"]) else _severity(score),
                tuple(dict.fromkeys(fixed for item in about for fixed in _fixed(item, name))),
                (tool,),
            )


def _fixed(vulnerability: Mapping[str, Any], package: str) -> Iterator[str]:
    for affected in vulnerability.get("affected", ()):
        if affected.get("package", {}).get("name") == package:
            for span in affected.get("ranges", ()):
                yield from (event["fixed"] for event in span.get("events", ()) if "fixed" in event)


def _cyclonedx(tool: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    components = {item.get("bom-ref", ""): item for item in document.get("components") or ()}
    for item in document.get("vulnerabilities") or ():
        names = [item["id"], *(reference["id"] for reference in item.get("references") or () if "id" in reference)]
        told = {str(rating.get("severity", "")).lower() for rating in item.get("ratings") or ()}
        severity: Severity = next((severity for severity in SEVERITIES if severity in told), "unknown")
        for affected in item.get("affects") or ():
            component = components.get(affected["ref"], {"name": affected["ref"]})
            yield Finding(_names(names), component["name"], component.get("version", ""), severity, (), (tool,))


def _govulncheck(tool: str, documents: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield the vulnerabilities whose functions are called: those of modules alone are what osv-scanner tells, too."""
    aliases = {item["osv"]["id"]: item["osv"].get("aliases") or [] for item in documents if "osv" in item}
    for finding in (item["finding"] for item in documents if "finding" in item):
        place = finding["trace"][0]
        if place.get("function"):
            fixed = finding.get("fixed_version", "")
            yield Finding(
                _names([finding["osv"], *aliases.get(finding["osv"], ())]),
                place["module"],
                _bare(place["module"], place.get("version", "")),
                "unknown",
                (_bare(place["module"], fixed),) if fixed else (),
                (tool,),
            )


def _one(same: Sequence[Finding]) -> Finding:
    """Return what several findings of the same vulnerability come to."""
    return replace(
        same[0],
        ids=_names([name for item in same for name in item.ids]),
        severity=min((item.severity for item in same), key=SEVERITIES.index),
        fixed=tuple(dict.fromkeys(version for item in same for version in item.fixed)),
        tools=tuple(dict.fromkeys(tool for item in same for tool in item.tools)),
    )


def _names(names: Sequence[str]) -> tuple[str, ...]:
    def order(name: str) -> int:
        return next((place for place, start in enumerate(_KNOWN_BEST) if name.startswith(start)), len(_KNOWN_BEST))

    return tuple(sorted(dict.fromkeys(names), key=lambda name: (order(name), name)))


def _severity(score: float) -> Severity:
    return next((severity for least, severity in _SCORES if score >= least), "unknown")


def _bare(module: str, version: str) -> str:
    """Return a version as lists of packages have it: Go's own is no module's."""
    return version.removeprefix("v") if module == "stdlib" else version
