"""What is built since a commit: by what the stages declare, in a real repository and a session that builds nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from functools import partial

import pytest
from trees import write

from daglet.planner import Planner
from daglet.server import serve
from pipeline import engine
from pipeline.config import Overrides
from pipeline.errors import UsageError
from pipeline.planning import host_directory, planned
from pipeline.repository import read
from pipeline.since import changed
from pipeline.vcs import commit

_MANIFEST = {"name": "web", "version": "1.0.0", "main": "index.js"}
_LOCK = {**_MANIFEST, "lockfileVersion": 3, "packages": {"": _MANIFEST}}
FILES = {
    "pipeline.toml": '[services.web]\npath = "web"\nhealth = false\n[services.tool]\npath = "tool"\nhealth = false\n',
    "README.md": "# all\n",
    "web/package.json": json.dumps(_MANIFEST),
    "web/package-lock.json": json.dumps(_LOCK),
    "web/index.js": "console.log(1);\n",
    "tool/go.mod": "module example.test/tool\n\ngo 1.26\n",
    "tool/main.go": "package main\n\nfunc main() {}\n",
    "tool/main_test.go": "package main\n",
}


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.test", *arguments], cwd=folder, check=True)


def status(folder):
    command = ["git", "status", "--porcelain=v2"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout


@pytest.fixture(params=["", "below"])
def root(request, tmp_path):
    """A repository with a commit of it, at the top of the work tree and below it."""
    made = tmp_path / "work" / request.param
    write(made, FILES)
    git(tmp_path / "work", "init", "--quiet")
    git(tmp_path / "work", "add", ".")
    git(tmp_path / "work", "commit", "--quiet", "--message", "all")
    return made


@pytest.fixture
def since(root, tmp_path):
    async def ask(ref="HEAD"):
        repository = read(root, [], Overrides())
        async with AsyncExitStack() as stack:
            served = await stack.enter_async_context(serve(Planner.make(engine.STAGE_VARIABLE, tmp_path / "state")))
            await engine._connect(stack, served.port, served.token)
            project = planned(root, repository.config, repository.services, host_directory(root))
            return await changed(project, ref, partial(read, names=[], overrides=Overrides()), host_directory)

    return ask


async def test_nothing_changed(since, root):
    (root / "web" / "index.js").touch()
    assert await since() == {}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"README.md": "# more\n"}, {}),
        ({"tool/main_test.go": "package main\n\nvar x int\n"}, {}),
        ({"tool/main.go": "package main\n\nfunc main() { println() }\n"}, {"tool": "stage build: file: main.go"}),
        ({"tool/more.go": "package main\n"}, {"tool": "stage build: file: more.go"}),
        ({"web/index.js": "console.log(2);\n"}, {"web": "stage runtime: file: index.js"}),
        (
            {"pipeline.toml": FILES["pipeline.toml"] + 'env = { A = "1" }\n'},
            {"tool": "stage runtime: variable: A"},
        ),
        ({"pipeline.toml": FILES["pipeline.toml"] + 'user = "7:7"\n'}, {"tool": "stage runtime: user"}),
        ({"pipeline.toml": "\n\n# moved\n" + FILES["pipeline.toml"]}, {}),
        (
            {"pipeline.toml": FILES["pipeline.toml"] + '[services.other]\npath = "web"\nhealth = false\n'},
            {"other": "it is new"},
        ),
        ({"pipeline.lock": '{"version": 1, "from": "hub", "pins": {}}'}, dict.fromkeys(["web", "tool"], "file: pipeline.lock")),
        ({"pipeline.toml": FILES["pipeline.toml"] + '[services.tool.go]\nversion = "1.25"\n'}, {"tool": "bases"}),
        (
            {"pipeline.toml": f'[bases]\ngo = "r.example/go:1@sha256:{"a" * 64}"\n' + FILES["pipeline.toml"]},
            dict.fromkeys(["web", "tool"], "bases"),
        ),
        (
            {"pipeline.toml": 'compression = "zstd"\n' + FILES["pipeline.toml"]},
            dict.fromkeys(["web", "tool"], "compression"),
        ),
    ],
)
async def test_what_a_change_concerns(since, root, edits, expected):
    write(root, edits)
    assert await since() == expected


async def test_without_a_configuration_then_all_is_new(since, root):
    write(root, {"pipeline.toml": "x = "})
    git(root, "commit", "--quiet", "--all", "--message", "broken")
    write(root, FILES)
    found = await since()
    assert found.keys() == {"web", "tool"}
    assert all(why.startswith("at HEAD there is nothing to compare with: pipeline.toml") for why in found.values())


async def test_a_folder_that_was_not_there_is_nothing_to_compare_with(since, root):
    git(root, "rm", "--quiet", "-r", "--cached", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "none")
    found = await since()
    assert found.keys() == {"web", "tool"}
    assert all(why.startswith("at HEAD there is nothing to compare with: ") for why in found.values())


async def test_the_work_tree_and_its_index_stay_as_they_are(since, root):
    write(root, {"web/index.js": "console.log(2);\n"})
    git(root, "add", ".")
    before = status(root)
    await since()
    assert status(root) == before
    assert (root / "web" / "index.js").read_text() == "console.log(2);\n"


@pytest.mark.parametrize("ref", ["nowhere", "--all", "HEAD:README.md"])
def test_no_such_commit(root, ref):
    with pytest.raises(UsageError, match=f"--since {ref}: git knows no such commit in "):
        commit(root, ref)


def test_no_such_commit_is_told_before_an_engine_is_looked_for(root):
    environ = {**os.environ, "BUILDKIT_HOST": "tcp://127.0.0.1:9"}
    command = [sys.executable, "-m", "pipeline", "build", "--since", "nowhere"]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("pipeline: --since nowhere: git knows no such commit in ")
    assert "\n" not in done.stderr.rstrip("\n")
