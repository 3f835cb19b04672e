"""`pipeline build --since`, as docs/monorepos.md shows it: what changed is built, and nothing else."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

DOCUMENT = (Path(__file__).parents[2] / "docs" / "monorepos.md").read_text(encoding="utf-8")


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.test", *arguments], cwd=folder, check=True)


def test_what_changed_is_built_and_nothing_else(workspace, tmp_path):
    [line] = re.findall(r"^```sh\npipeline (.*)\n```$", DOCUMENT, re.MULTILINE)
    root = tmp_path / "repository"
    shutil.copytree(workspace.root / "services", root / "services")
    shutil.copy(workspace.root / "pipeline.toml", root)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "all")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    repository = replace(workspace, root=root)

    unchanged = repository.pipeline(*shlex.split(line))
    assert unchanged.code == 0, unchanged.err
    assert "as they were at origin/main: api-gateway, auth-service\n" in unchanged.err
    assert (unchanged.report["success"], unchanged.report["services"]) == (True, [])

    (root / "services/auth/config/production.yaml").write_text(
        (root / "services/auth/config/production.yaml").read_text() + "# edited\n"
    )
    edited = repository.pipeline(*shlex.split(line))
    assert edited.code == 0, edited.err
    assert "auth-service: changed since origin/main: stage config: file: config/production.yaml\n" in edited.err
    assert "as they were at origin/main: api-gateway\n" in edited.err
    assert [service["service_name"] for service in edited.report["services"]] == ["auth-service"]
    assert edited.stages("auth-service") == {"deps": "cached", "build": "cached", "config": "executed", "runtime": "executed"}
