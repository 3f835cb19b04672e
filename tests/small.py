"""A repository of two tiny services, whose dependencies come from a registry of ours."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from registries import MODULE, VERSION, Packages

_SERVICES = Path(__file__).parents[1] / "services"

SERVICES = """\
[services.web]
path = "web"
[services.tool]
path = "tool"
health = false
"""

_SERVER = """\
import http from "node:http";
import plain from "SCOPE/plain";
http.createServer((_, answer) => answer.end(plain)).listen(Number(process.env.PORT ?? 3000));
"""

_BUILD = """\
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync } from "node:fs";
import plain from "SCOPE/plain";
if (!plain) throw new Error("the dependencies did not arrive");
for (const [name, hash] of Object.entries(%s)) {
  if (createHash("sha256").update(process.env[name] ?? "").digest("hex") !== hash) throw new Error(`${name} did not arrive`);
}
mkdirSync("dist", { recursive: true });
copyFileSync("server.js", "dist/index.js");
"""

_TOOL = f"""\
package main

import "{MODULE}"

func main() {{ println(plain.Name) }}
"""


def write(root: Path, offered: Packages, expected: dict[str, str] | None = None, *, scope: str = "@stub") -> None:
    """Write the repository. The web service's build fails unless variables have expected values, which it knows by hash."""
    (root / "pipeline.toml").write_text(SERVICES)
    web, tool = root / "web", root / "tool"
    web.mkdir()
    conditional = {name for name, entry in offered.locked.items() if entry["optional"]}
    manifest = {
        "name": "web",
        "main": "dist/index.js",
        "version": "1.0.0",
        "type": "module",
        "scripts": {"build": "node build.js"},
        "dependencies": _dependencies(offered.locked.keys() - conditional),
        "optionalDependencies": _dependencies(conditional),
    }
    (web / "package.json").write_text(json.dumps(manifest, indent=2))
    lock = {
        "name": "web",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": manifest, **offered.locked},
    }
    (web / "package-lock.json").write_text(json.dumps(lock, indent=2))
    (web / "server.js").write_text(_SERVER.replace("SCOPE", scope))
    hashes = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in (expected or {}).items()}
    (web / "build.js").write_text(_BUILD.replace("SCOPE", scope) % json.dumps(hashes))
    tool.mkdir()
    # The samples' own version: then the toolchain is there already.
    version = re.search(r"^go (\S+)", (_SERVICES / "auth/go.mod").read_text(), re.MULTILINE)
    assert version
    (tool / "go.mod").write_text(f"module example.test/tool\n\ngo {version[1]}\n\nrequire {MODULE} {VERSION}\n")
    (tool / "go.sum").write_text(offered.go_sum())
    (tool / "main.go").write_text(_TOOL)


def _dependencies(paths: set[str]) -> dict[str, str]:
    return {path.removeprefix("node_modules/"): "1.0.0" for path in sorted(paths)}
