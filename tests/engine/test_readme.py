"""The README's commands and its configuration, run as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    """Yield the table's commands, each with the options, values and sister commands that stand beside it in backticks."""
    for row, told in re.findall(r"^\| `pipeline ([^`]+)` \| (.*) \|$", README, re.MULTILINE):
        command = [word for word in shlex.split(row) if not word.startswith("[")]
        yield command
        option = []
        for word in re.findall(r"`([^`]+)`", told):
            if word.startswith("--"):
                option = word.split()[:1]
                yield [*command, *word.split()]
            elif option:
                yield [*command, *option, word]
            elif len(command) > 1:
                yield [*command[:-1], word]


COMMANDS = {" ".join(command): command for command in commands()}


@pytest.fixture(scope="module")
def repository(workspace, tools, tmp_path_factory):
    """The services, configured as the README shows it, with a registry for those commands that take one."""
    [configuration] = blocks("toml")
    root = tmp_path_factory.mktemp("readme")
    shutil.copytree(workspace.root / "services", root / "services")
    (root / "pipeline.toml").write_text(configuration)
    with tools.registry(tmp_path_factory.mktemp("registry")) as registry:
        yield replace(
            workspace, root=root, settings={f"PIPELINE_{name}": registry.address for name in ("REGISTRY", "CACHE_REGISTRY")}
        )


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An engine state of its own: what is said of the engine is done to it."""
    return tmp_path_factory.mktemp("engine")


def test_the_table_was_read():
    assert {"plan", "plan --format dockerfile", "build", "check", "lock", "engine status", "engine prune"} <= COMMANDS.keys()


@pytest.mark.parametrize("command", [pytest.param(command, id=name) for name, command in COMMANDS.items()])
def test_a_command_of_the_table(repository, engine, command, tmp_path):
    workspace = replace(repository, state=engine) if command[0] == "engine" else repository
    if command[0] == "init":
        shutil.copytree(repository.root / "services", tmp_path / "services")
        workspace = replace(repository, root=tmp_path)
    run = workspace.pipeline(*command)
    assert run.code == 0, run.out + run.err
    assert run.out


def test_the_make_targets(workspace, request):
    [text] = blocks("sh")
    root = request.config.rootpath
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    assert lines == [["make", "build"], ["make", "test"]]
    virtual = Path(sys.prefix)
    if virtual.parent != root:
        pytest.fail(f"the tests run from {virtual}, and `make` would make another: run them with .venv/bin/pytest")
    for line in lines:
        # Tests within tests would never end.
        dry = ["--dry-run"] if line[-1] == "test" else []
        done = subprocess.run([*line, *dry], cwd=root, env=workspace.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("services      2, of which successful 2" in done.stdout) is not bool(dry)
