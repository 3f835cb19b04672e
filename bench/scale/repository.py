"""A repository of any number of small services without dependencies: every other one Go, the rest Node."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SAMPLES = Path(__file__).parents[2] / "services"

_GO = """\
package main

func main() {{ println("{name}") }}
"""

_BUILD = """\
import { copyFileSync, mkdirSync } from "node:fs";
mkdirSync("dist", { recursive: true });
copyFileSync("index.js", "dist/index.js");
"""


def names(count: int) -> list[str]:
    """Return the names of so many services."""
    return [f"service-{number:03}" for number in range(count)]


def write(root: Path, names: Sequence[str]) -> None:
    """Write the repository, with a commit of it."""
    # The samples' own version: then the toolchain is there already.
    version = re.search(r"^go (\S+)", (_SAMPLES / "auth/go.mod").read_text(), re.MULTILINE)
    for number, name in enumerate(names):
        folder = root / "services" / name
        folder.mkdir(parents=True)
        if number % 2:
            _node(folder, name)
        else:
            (folder / "go.mod").write_text(f"module example.test/{name}\n\ngo {version[1] if version else '1.26'}\n")
            (folder / "main.go").write_text(_GO.format(name=name))
    tables = [f'[services.{name}]\npath = "services/{name}"\nhealth = false\n' for name in names]
    (root / "pipeline.toml").write_text("".join(tables))
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all of it"]):
        subprocess.run(["git", "-c", "user.name=bench", "-c", "user.email=bench@example.test", *command], cwd=root, check=True)


def _node(folder: Path, name: str) -> None:
    manifest = {"name": name, "version": "1.0.0", "type": "module", "main": "dist/index.js"}
    manifest["scripts"] = {"build": "node build.js"}
    lock = {"name": name, "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": {"": manifest}}
    (folder / "package.json").write_text(json.dumps(manifest, indent=2))
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2))
    (folder / "build.js").write_text(_BUILD)
    (folder / "index.js").write_text(f'console.log("{name}");\n')


def edit(root: Path, name: str) -> None:
    """Change one source file of a service, each time in another way."""
    [source] = [path for path in (root / "services" / name).iterdir() if path.name in {"index.js", "main.go"}]
    source.write_text(f"{source.read_text()}// {secrets.token_hex(4)}\n")
