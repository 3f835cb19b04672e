"""The examples for CI providers: what their schemas say of them, and what they do on a machine that has never seen us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "ci"
SCHEMAS = {
    "github.yml": "vendor.github-workflows",
    "gitlab.yml": "vendor.gitlab-ci",
    "circleci.yml": "vendor.circle-ci",
    "azure-pipelines.yml": "vendor.azure-pipelines",
    "buildkite.yml": "vendor.buildkite",
}
COMMANDS = [
    'python3 -m venv .venv && .venv/bin/pip install --quiet "$PIPELINE_PACKAGE"',
    ".venv/bin/pipeline build",
    ".venv/bin/pipeline report html",
]
MAIN = {"github.repository": "team/files", "github.ref == 'refs/heads/main'": "true", "secrets.STAGES_SECRET": "c4n4ry-stages"}
"""What GitHub puts in the place of expressions, on the main branch."""


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_the_providers_schema_takes_it(name, schema):
    done = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, "--regex-variant=nonunicode", name],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_all_run_the_same_commands(path):
    text = path.read_text().replace("sudo --preserve-env ", "").replace("$$", "$")
    found = [command for line in text.splitlines() for command in COMMANDS if command in line]
    assert found == COMMANDS


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The wheel, as a stranger's pip gets it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(ROOT)]
    subprocess.run([sys.executable, *command], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A repository that is not ours, with the shared cache's secret named."""
    folder = tmp_path_factory.mktemp("origin") / "files"
    shutil.copytree(ROOT / "tests/corpus/node-files", folder)
    with (folder / "pipeline.toml").open("a") as file:
        file.write('\n[cache]\ntimeout = 60\nsecret = "env:STAGES_SECRET"\n')
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.test")
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], [*identity, "commit", "--quiet", "-m", "All"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture
def runner(make_workspace, origin, package, registry, tmp_path):
    """A clean clone, and an engine that has nothing. `sudo` is there, as on a provider's machine."""
    subprocess.run(["git", "clone", "--quiet", origin, tmp_path / "clone"], check=True)
    sudo = tmp_path / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    sudo.chmod(0o755)
    # The versions that all other tests have; the lockfile's hashes are for pip's other mode.
    pins = re.findall(r"^[a-z][^\s;]*==[^\s;]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (tmp_path / "pins.txt").write_text("\n".join(pins))
    settings = {
        "PATH": f"{sudo.parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_CONSTRAINT": str(tmp_path / "pins.txt"),
        "PIPELINE_PACKAGE": str(package),
        "PIPELINE_CACHE_REGISTRY": registry.address,
    }
    return replace(make_workspace(), root=tmp_path / "clone", settings=settings)


def carry_out(runner, commands, variables):
    """Run a job's commands as its provider does, each by a shell of its own."""
    environ = {**variables, **runner.environ}
    for command in commands:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=runner.root,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def evaluated(text):
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda match: MAIN[match[1]], text)


def stages(runner):
    return runner.finish(subprocess.Popen(["true"], text=True)).stages("files")


def test_what_github_builds_gitlab_restores(runner, make_workspace, tmp_path):
    workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
    steps = workflow["jobs"]["images"]["steps"]
    variables = {name: evaluated(value) for name, value in workflow["env"].items()}
    carry_out(runner, [step["run"] for step in steps if "run" in step], variables)
    assert set(stages(runner).values()) == {"executed"}
    kept = steps[-1]["with"]["path"].split()
    assert all((runner.root / name).stat().st_size for name in kept)

    other = replace(runner, root=tmp_path / "other", state=make_workspace().state)
    subprocess.run(["git", "clone", "--quiet", runner.root, other.root], check=True)
    job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text())["images"]
    carry_out(other, [*job["script"], *job["after_script"]], {"STAGES_SECRET": MAIN["secrets.STAGES_SECRET"]})
    assert stages(other) == {name: "restored" if name == "runtime" else "skipped" for name in stages(runner)}
    assert all((other.root / name).stat().st_size for name in job["artifacts"]["paths"])
