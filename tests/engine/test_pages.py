"""What README and docs/ show is carried out, page by page; the commands in their tables, too."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from documents import ROOT, blocks, carry_out, pages, prompted, read, write_files
from vulnerabilities import write_osv

from pipeline.folders import cache_folder

SERVICES, EMPTY, FILES = "services", "", "tests/corpus/node-files"
STARTS = {
    "README.md": SERVICES,
    "docs/how-to/ci.md": FILES,
    "docs/how-to/dockerfiles.md": "tests/corpus/node-typescript",
    "docs/how-to/monorepo.md": "tests/corpus/go-workspace",
    "docs/how-to/own-stage.md": FILES,
    "docs/how-to/release.md": SERVICES,
    "docs/how-to/remote-engine.md": FILES,
    "docs/report.md": SERVICES,
    "docs/reports.md": SERVICES,
    "docs/tutorial.md": EMPTY,
}
"""The repository that a page's reader has before the first command."""

ELSEWHERE = {
    "docs/how-to/private-registries.md": "tests/engine/test_private.py",
    "docs/how-to/scan.md": "tests/engine/test_scan.py",
}
"""The pages that another test carries out, beside what it asks about them."""


def test_no_page_is_forgotten():
    assert {page for page in pages() if blocks(page, "sh")} == STARTS.keys() | ELSEWHERE.keys()
    assert all(f'carry_out("{page}"' in read(test) for page, test in ELSEWHERE.items())


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture
def engine_elsewhere(workspace):
    """The address of an engine that others keep up."""
    started = workspace.pipeline("engine", "start")
    assert started.code == 0, started.err
    yield started.out.strip()
    assert workspace.pipeline("engine", "stop").code == 0


@pytest.fixture
def programs(tmp_path):
    """A folder for the PATH, whose `make` works on this repository and does not begin the tests anew."""
    make = tmp_path / "programs" / "make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\ntest "$1" != test || set -- --dry-run test\nexec {shutil.which("make")} -C {ROOT} "$@"\n')
    make.chmod(0o755)
    return make.parent


def repository(workspace, root, start):
    """Copy what a page starts from to a folder, as of one whose reader has nothing there yet."""
    if start == SERVICES:
        shutil.copytree(workspace.root / SERVICES, root / SERVICES)
        shutil.copy(workspace.root / "pipeline.toml", root)
        # As other machines leave theirs.
        (root / "artefacts" / "one").mkdir(parents=True)
        shutil.copy(workspace.root / "dist" / "report.json", root / "artefacts" / "one")
    elif start:
        shutil.copytree(ROOT / start, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("pipeline.toml"))
    return replace(workspace, root=root)


@pytest.mark.parametrize("page", [page for page in STARTS if "remote" not in page])
def test_a_page(workspace, registry, programs, tmp_path, monkeypatch, page):
    if Path(sys.prefix).parent != ROOT:
        pytest.fail(f"the tests run from {sys.prefix}, and `make` would make another: run them with .venv/bin/pytest")
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    root = tmp_path / "shop"
    root.mkdir()
    place = repository(workspace, root, STARTS[page])
    carry_out(page, place, dict.fromkeys(("registry.example", "127.0.0.1:5000"), registry.address))


def test_a_page_about_an_engine_elsewhere(workspace, engine_elsewhere, tmp_path_factory):
    place = repository(workspace, tmp_path_factory.mktemp("repository"), FILES)
    place = replace(place, state=tmp_path_factory.mktemp("state"))
    carry_out("docs/how-to/remote-engine.md", place, {"tcp://builder.example:1234": engine_elsewhere})
    assert not (place.state / "daglet" / "engine").exists()


def commands(page):
    """Yield the commands of a page's table, each with the options, values and sister commands that stand beside it in backticks."""
    for row, told in re.findall(r"^\| `pipeline ([^`]+)` \| (.*) \|$", read(page), re.MULTILINE):
        command = [word for word in shlex.split(row) if not word.startswith("[")]
        if command[-1].endswith("…"):
            continue  # a page's block has it, with files that there are
        yield command
        option = []
        for word in re.findall(r"`(--[^`]+|[a-z]+)`", told):
            if word.startswith("--"):
                option = word.split()[:1]
                yield [*command, *word.split()]
            elif option:
                yield [*command, *option, word]
            elif len(command) > 1:
                yield [*command[:-1], word]


COMMANDS = {" ".join(command): command for page in ("README.md", "docs/reports.md") for command in commands(page)}


@pytest.fixture(scope="module")
def readme(workspace, registry, tmp_path_factory):
    """The services, configured as the README shows it, with a registry for those commands that take one."""
    place = repository(workspace, tmp_path_factory.mktemp("readme"), SERVICES)
    write_files("README.md", place.root)
    return replace(place, settings={f"PIPELINE_{name}": registry.address for name in ("REGISTRY", "CACHE_REGISTRY")})


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An engine state of its own: what is said of the engine is done to it."""
    return tmp_path_factory.mktemp("engine")


def test_the_tables_were_read():
    assert {"plan", "plan --format dockerfile", "build", "check", "engine prune", "report history --days 30"} <= COMMANDS.keys()


@pytest.mark.parametrize("command", [pytest.param(command, id=name) for name, command in COMMANDS.items()])
def test_a_command_of_a_table(readme, engine, command, tmp_path):
    workspace = replace(readme, state=engine) if command[0] == "engine" else readme
    if command[0] == "init":
        shutil.copytree(readme.root / "services", tmp_path / "services")
        workspace = replace(readme, root=tmp_path)
    run = workspace.pipeline(*command)
    assert run.code == 0, run.out + run.err
    assert run.out


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """A copy of this repository, for the command line of Dagger's to find the module in."""
    root = tmp_path_factory.mktemp("module")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.rstrip("\0").split("\0"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    (root / ".env").write_text(f"PIPELINE_BASES={cache_folder() / 'bases'}\n")
    # A module sees no further up than a repository goes, and examples/release installs the one at the top.
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


@pytest.mark.dagger
@pytest.mark.parametrize("command", [line for page in pages() for line in prompted(page) if line.startswith("dagger ")])
def test_a_command_of_a_dagger_engine(module, registry, command, tmp_path):
    write_osv(tmp_path / "osv-scanner")
    command = command.replace("registry.example", registry.address).replace("/srv/databases", str(tmp_path))
    words = shlex.split(command)
    if words[-1] != "check":
        # As on any machine that no hub answers.
        words[words.index("call") + 1 : words.index("call") + 1] = ["--bases", str(cache_folder() / "bases")]
    done = subprocess.run(words, cwd=module, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
