"""What scanners print, in one form: by hand what each of them prints, shortened. Real ones are run by tests/engine/test_scan.py."""

from __future__ import annotations

import json

import pytest

from pipeline.scan import Finding, ScanError, counts, merged, parse, severe


def finding(name, severity, *, ids=(), tool="t", fixed=()):
    return Finding((name, *ids), "plain", "1.0.0", severity, fixed, (tool,))


def osv(score, *ids, aliases=()):
    fixed = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]
    affected = [{"package": {"name": "plain"}, "ranges": fixed}, {"package": {"name": "other"}, "ranges": fixed}]
    package = {
        "package": {"name": "plain", "version": "1.0.0", "ecosystem": "npm"},
        "vulnerabilities": [{"id": name, "affected": affected} for name in ids],
        "groups": [{"ids": list(ids), "aliases": list(aliases), "max_severity": score}],
    }
    return json.dumps({"results": [{"source": {"path": "/scan/sbom.cdx.json"}, "packages": [package]}]})


def test_osv_scanner():
    [found] = parse("osv-scanner", osv("7.5", "GHSA-aaaa", aliases=("GHSA-aaaa", "CVE-2026-1")))
    assert found == Finding(("CVE-2026-1", "GHSA-aaaa"), "plain", "1.0.0", "high", ("1.2.0",), ("osv-scanner",))


@pytest.mark.parametrize(
    ("score", "name", "severity"),
    [
        ("9.8", "GHSA-a", "critical"),
        ("4.0", "GHSA-a", "medium"),
        ("3.9", "GHSA-a", "low"),
        ("", "GO-2026-1", "unknown"),
        ("", "MAL-2026-1", "critical"),
    ],
)
def test_severities(score, name, severity):
    assert [item.severity for item in parse("osv-scanner", osv(score, name))] == [severity]


def test_cyclonedx():
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "x", "name": "plain", "version": "1.0.0"}],
        "vulnerabilities": [
            {
                "id": "GHSA-aaaa",
                "references": [{"id": "CVE-2026-1", "source": {"url": "https://nvd.example"}}],
                "ratings": [{"severity": "low"}, {"severity": "High", "score": 7.5}],
                "affects": [{"ref": "x"}],
            },
            {"id": "GHSA-bbbb", "affects": [{"ref": "y"}]},
        ],
    }
    assert parse("grype", json.dumps(document)) == (
        Finding(("CVE-2026-1", "GHSA-aaaa"), "plain", "1.0.0", "high", (), ("grype",)),
        Finding(("GHSA-bbbb",), "y", "", "unknown", (), ("grype",)),
    )


def test_govulncheck_counts_what_is_called():
    def trace(**place):
        return {"finding": {"osv": "GO-2026-1", "fixed_version": "v1.99.0", "trace": [{"module": "stdlib", **place}]}}

    documents = [
        {"config": {"scanner_name": "govulncheck"}},
        {"osv": {"id": "GO-2026-1", "aliases": ["CVE-2026-1"]}},
        {"osv": {"id": "GO-2026-2"}},
        trace(version="v1.26.8"),
        trace(version="v1.26.8", package="net/url"),
        trace(version="v1.26.8", package="net/url", function="Parse"),
        {"finding": {"osv": "GO-2026-2", "trace": [{"module": "stdlib", "version": "v1.26.8"}]}},
    ]
    text = "\n".join(json.dumps(item, indent=2) for item in documents)
    expected = Finding(("CVE-2026-1", "GO-2026-1"), "stdlib", "1.26.8", "unknown", ("1.99.0",), ("govulncheck",))
    assert parse("govulncheck", text) == (expected,)


@pytest.mark.parametrize("text", ["", "Segmentation fault", "{}", "[]", '{"results": [{}]}', '{"results": "x"}'])
def test_anything_else_is_no_result(text):
    with pytest.raises(ScanError, match=r"own printed no result that is known here, but: .*; it is to print"):
        parse("own", text)


def test_nothing_found_is_a_result():
    assert parse("osv-scanner", '{"results": []}') == parse("osv-scanner", '{"results": null}') == ()


def test_what_several_scanners_found_counts_once():
    first = finding("GO-2026-1", "unknown", ids=("CVE-2026-1",), tool="govulncheck", fixed=("1.99.0",))
    second = finding("CVE-2026-1", "high", ids=("GHSA-a",), tool="osv-scanner", fixed=("1.99.0",))
    [found] = merged([first, finding("CVE-2026-1", "low", tool="other"), second])
    assert found.ids == ("CVE-2026-1", "GHSA-a", "GO-2026-1")
    assert (found.severity, found.fixed, found.tools) == ("high", ("1.99.0",), ("govulncheck", "other", "osv-scanner"))


def test_the_same_one_in_two_packages_counts_twice():
    other = Finding(("CVE-2026-1",), "another", "1.0.0", "low", (), ("t",))
    assert counts(merged([finding("CVE-2026-1", "low"), other])).low == 2


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [("never", ""), ("critical", "C"), ("high", "CHU"), ("medium", "CHMU"), ("low", "CHMLU")],
)
def test_what_fails_a_scan(threshold, expected):
    found = [
        finding(name, severity)
        for name, severity in zip("CHMLU", ("critical", "high", "medium", "low", "unknown"), strict=True)
    ]
    assert "".join(item.ids[0] for item in severe(found, threshold)) == expected
