"""Real scanners look into real images, with databases of vulnerabilities that nobody has."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from documents import carry_out
from functions import call
from registries import refusing
from vulnerabilities import Advisory, write_go, write_osv

FASTIFY = Advisory("GHSA-made-made-made", "npm", "fastify", "99.0.0", "high", ("CVE-2026-9001",))
MENDED = Advisory("GHSA-made-made-mend", "npm", "zod", "0.0.1", "critical")
LIBC = Advisory("DEBIAN-CVE-2026-9002", "Debian:12", "glibc", "99", "medium")
CHI = Advisory("GHSA-made-made-chii", "Go", "github.com/go-chi/chi/v5", "99.0.0", "low")
CALLED = Advisory(
    "GO-2026-9004", "Go", "stdlib", "1.99.0", aliases=("CVE-2026-9004",), functions=(("net/http", "Server.Serve"),)
)
NOT_CALLED = Advisory("GO-2026-9005", "Go", "stdlib", "1.99.0", functions=(("net/smtp", "SendMail"),))

OWN = """#!/bin/sh
grep -q '"purl": "pkg:npm/fastify@' /scan/sbom.cdx.json && test -f /scan/image/app/package.json && cat /scan/database/found.json
"""


SCAN = """
databases, programs, *services = given
handed = {name: folder(place) for name, place in (("databases", databases), ("programs", programs)) if place}
print(await module.scan(services=services, **handed))
"""


@pytest.fixture
def scanned(workspace, tmp_path):
    """Scan the services with settings, out of what the engine has of them."""
    root = tmp_path / "repository"
    shutil.copytree(workspace.root / "services", root / "services", ignore=shutil.ignore_patterns("node_modules"))

    def run(settings, *arguments):
        (root / "pipeline.toml").write_text((workspace.root / "pipeline.toml").read_text() + settings)
        return replace(workspace, root=root).pipeline("scan", *arguments)

    return run


@pytest.mark.slow  # osv-scanner takes four minutes of processor time to build
def test_what_is_in_images_is_looked_up(scanned, tmp_path):
    write_osv(tmp_path / "repository" / "osv", FASTIFY, MENDED, LIBC, CHI)
    settings = '[scan.tools.osv-scanner]\ndatabase = "osv"\n'
    run = scanned(settings)
    assert run.code == 1, run.out + run.err
    first, _, second = run.out.partition("auth-service: ")
    assert first.startswith("api-gateway: 1 high, 1 medium\n  high      CVE-2026-9001        fastify ")
    assert "  medium    DEBIAN-CVE-2026-9002  glibc " in first
    assert "mended in 99.0.0  (osv-scanner)" in first
    assert "not looked up, since no database has it: node " in first
    assert second.startswith("1 low\n  low       GHSA-made-made-chii  github.com/go-chi/chi/v5 ")
    assert second.endswith("\n1 too severe: fail_on is high\n")
    counts = {item["service_name"]: item["vulnerabilities"] for item in run.report["services"]}
    assert counts["api-gateway"] == {"critical": 0, "high": 1, "medium": 1, "low": 0, "unknown": 0}
    assert counts["auth-service"] == {"critical": 0, "high": 0, "medium": 0, "low": 1, "unknown": 0}
    accepted = scanned(f'[scan]\nignore = ["CVE-2026-9001"]\n{settings}', "--format", "json")
    assert accepted.code == 0, accepted.out + accepted.err
    assert [item["counts"]["high"] for item in json.loads(accepted.out)] == [0, 0]


@pytest.mark.slow  # osv-scanner takes four minutes of processor time to build
def test_the_page_about_it(workspace, tmp_path):
    root = tmp_path / "shop"
    shutil.copytree(workspace.root / "services", root / "services", ignore=shutil.ignore_patterns("node_modules"))
    known = write_osv(tmp_path / "osv", FASTIFY, MENDED, LIBC, CHI)
    carry_out("docs/how-to/scan.md", replace(workspace, root=root), {"/srv/osv": str(known)})


def test_govulncheck_tells_what_is_called(scanned, tmp_path):
    write_go(tmp_path / "repository" / "go", CALLED, NOT_CALLED)
    run = scanned('[scan.tools.govulncheck]\ndatabase = "go"\n', "auth-service")
    assert run.code == 1, run.out + run.err
    assert run.out.startswith("auth-service: 1 unknown\n  unknown   CVE-2026-9004        stdlib ")
    assert "GO-2026-9005" not in run.out


def test_a_scanner_of_your_own(scanned, tmp_path):
    root = tmp_path / "repository"
    (root / "scan.sh").write_text(OWN)
    found = {
        "bomFormat": "CycloneDX",
        "vulnerabilities": [{"id": "X-1", "affects": [{"ref": "x"}], "ratings": [{"severity": "low"}]}],
    }
    (root / "own").mkdir()
    (root / "own" / "found.json").write_text(json.dumps(found))
    settings = '[scan]\nfail_on = "low"\n[scan.tools.mine]\nprogram = "scan.sh"\ndatabase = "own"\n'
    run = scanned(settings, "api-gateway")
    assert (run.code, run.out.splitlines()[1]) == (1, "  low       X-1                  x   not mended yet  (mine)"), run.err
    (root / "scan.sh").write_text("#!/bin/sh\necho 'no licence' >&2\nexit 3\n")
    failed = scanned(settings, "api-gateway")
    assert failed.code == 1
    assert "api-gateway: mine ended with exit code 3\nno licence" in failed.err
    assert failed.report["services"][0]["vulnerabilities"] is None


@pytest.mark.parametrize("place", ["nowhere", "address"])
def test_without_a_database_nothing_is_built(scanned, tmp_path, place):
    with refusing() as address:
        run = scanned(f'[scan.tools.osv-scanner]\ndatabase = "{address if place == "address" else place}"\n')
    assert run.code == 2
    assert "pipeline.toml: scan.tools.osv-scanner.database: the database " in run.err
    assert not (tmp_path / "repository" / "dist" / "images").exists()


def test_the_dagger_function(workspace, tmp_path):
    """What scanners print is made up here; that they are found and given what they need is not."""
    found = {
        "bomFormat": "CycloneDX",
        "vulnerabilities": [{"id": "X-1", "affects": [{"ref": "x"}], "ratings": [{"severity": "high"}]}],
    }
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "osv-scanner").write_text(
        f"#!/bin/sh\ntest -f /scan/database/osv-scalibr/Go/all.zip && echo '{json.dumps(found)}'\n"
    )
    write_osv(tmp_path / "databases" / "osv-scanner")

    def scan(databases):
        return call(workspace, workspace.root, SCAN, databases, tmp_path / "programs")

    assert "failed: api-gateway: 1 high\n  high      X-1 " in scan(tmp_path / "databases")
    assert "hand over a folder that has it in one of its name: --databases DIR" in scan("")


def test_the_dagger_function_has_the_engine_build_what_looks(workspace, tmp_path):
    root = tmp_path / "repository"
    shutil.copytree(workspace.root / "services", root / "services", ignore=shutil.ignore_patterns("node_modules"))
    settings = "[scan.tools.govulncheck]\n"
    (root / "pipeline.toml").write_text((workspace.root / "pipeline.toml").read_text() + settings)
    write_go(tmp_path / "databases" / "govulncheck", CALLED)
    locked = replace(workspace, root=root).pipeline("lock")
    assert locked.code == 0, locked.err
    assert "go-build      Go 1.26" in locked.out
    said = call(workspace, root, SCAN, tmp_path / "databases", "", "auth-service")
    assert said.startswith("failed: auth-service: 1 unknown\n  unknown   CVE-2026-9004        stdlib ")
