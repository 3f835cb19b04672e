"""`pipeline build --since`, as docs/monorepos.md shows it: what changed is built, and nothing else."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import replace

from documents import prompted


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.test", *arguments], cwd=folder, check=True)


def test_what_changed_is_built_and_nothing_else(workspace, tmp_path):
    [command] = prompted("docs/monorepos.md")
    _, *line = shlex.split(command)
    root = tmp_path / "repository"
    shutil.copytree(workspace.root / "services", root / "services")
    shutil.copy(workspace.root / "pipeline.toml", root)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "all")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    repository = replace(workspace, root=root)

    unchanged = repository.pipeline(*line)
    assert unchanged.code == 0, unchanged.err
    assert "as they were at origin/main: api-gateway, auth-service\n" in unchanged.err
    assert (unchanged.report["success"], unchanged.report["services"]) == (True, [])

    (root / "services/auth/config/production.yaml").write_text(
        (root / "services/auth/config/production.yaml").read_text() + "# edited\n"
    )
    edited = repository.pipeline(*line)
    assert edited.code == 0, edited.err
    assert "auth-service: changed since origin/main: stage config: file: config/production.yaml\n" in edited.err
    assert "as they were at origin/main: api-gateway\n" in edited.err
    assert [service["service_name"] for service in edited.report["services"]] == ["auth-service"]
    assert edited.stages("auth-service") == {"deps": "cached", "build": "cached", "config": "executed", "runtime": "executed"}
