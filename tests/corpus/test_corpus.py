"""Each repository of the corpus: its plan, value by value with its source. tests/engine builds and starts them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

CORPUS = Path(__file__).parent
REPOSITORIES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and path.name != "__pycache__")


def plan(name, *arguments):
    """Return the plan of a repository. No process is started for it: that would take longer than the plan."""
    done = CliRunner().invoke(app, ["plan", "--root", str(CORPUS / name), *arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_the_corpus_is_there():
    assert len(REPOSITORIES) >= 24


@pytest.mark.parametrize("name", REPOSITORIES)
def test_plan(name, golden):
    golden(f"corpus/{name}.text", plan(name, "--platform", "linux/amd64"))


def test_variables_of_the_build_are_none_of_the_images():
    build, _, image = plan("node-hooks", "--format", "dockerfile").partition("# hooks/runtime\n")
    assert 'ENV GREETING="hello you"' in build
    assert "NODE_ENV" in image
    assert "GREETING" not in image


@pytest.mark.parametrize(("name", "sharing"), [("node-yarn-classic", "locked"), ("node-yarn-berry", "shared")])
def test_a_store_that_is_not_made_for_it_is_used_by_one_install_at_a_time(name, sharing):
    written = plan(name, "--format", "dockerfile")
    mounts = re.findall(r"type=cache,id=pipeline-(?:yarn|berry),target=\S+?,sharing=(\w+)", written)
    assert mounts == [sharing, sharing]
