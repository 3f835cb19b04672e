"""Small databases of vulnerabilities that nobody has: those of OSV and of Go have their form."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

_TIME = "2026-01-01T00:00:00Z"
_SCORES = {
    "critical": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "high": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    "medium": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
    "low": "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N",
}


@dataclass(frozen=True)
class Advisory:
    """That all versions of a package below one are vulnerable; of Go's, functions of packages that are."""

    name: str
    ecosystem: str
    package: str
    fixed: str
    severity: str = ""
    aliases: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()

    def as_osv(self) -> dict[str, object]:
        kind = "SEMVER" if self.ecosystem in {"npm", "Go"} else "ECOSYSTEM"
        imports = [{"path": path, "symbols": [function]} for path, function in self.functions]
        return {
            "schema_version": "1.7.0",
            "id": self.name,
            "modified": _TIME,
            "published": _TIME,
            "aliases": list(self.aliases),
            "summary": f"{self.package} is said to be vulnerable",
            "severity": [{"type": "CVSS_V3", "score": _SCORES[self.severity]}] if self.severity else [],
            "affected": [
                {
                    "package": {"ecosystem": self.ecosystem, "name": self.package},
                    "ranges": [{"type": kind, "events": [{"introduced": "0"}, {"fixed": self.fixed}]}],
                    "ecosystem_specific": {"imports": imports} if imports else {},
                }
            ],
        }


def write_osv(folder: Path, *advisories: Advisory, ecosystems: tuple[str, ...] = ("npm", "Go")) -> Path:
    """Write a database as osv-scanner reads it; an ecosystem without an advisory knows of nothing."""
    found: dict[str, list[Advisory]] = {name: [] for name in ecosystems}
    for item in advisories:
        found.setdefault(item.ecosystem.partition(":")[0], []).append(item)
    for ecosystem, items in found.items():
        (folder / ecosystem).mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w") as packed:
            for item in items:
                packed.writestr(f"{item.name}.json", json.dumps(item.as_osv()))
    return folder


def write_go(folder: Path, *advisories: Advisory) -> Path:
    """Write a database as govulncheck reads it."""
    modules: dict[str, list[dict[str, str]]] = {}
    for item in advisories:
        _write(folder / "ID" / f"{item.name}.json", item.as_osv())
        modules.setdefault(item.package, []).append({"id": item.name, "modified": _TIME, "fixed": item.fixed})
    _write(folder / "index" / "db.json", {"modified": _TIME})
    _write(folder / "index" / "modules.json", [{"path": path, "vulns": found} for path, found in modules.items()])
    _write(
        folder / "index" / "vulns.json",
        [{"id": item.name, "modified": _TIME, "aliases": list(item.aliases)} for item in advisories],
    )
    return folder


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
