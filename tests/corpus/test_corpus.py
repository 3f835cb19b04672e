"""Each repository of the corpus: its plan, value by value with its source. tests/engine builds and starts them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent


REPOSITORIES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and path.name != "__pycache__")


def pipeline(root, *arguments):
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_corpus_is_there():
    assert len(REPOSITORIES) >= 24


@pytest.mark.parametrize("name", REPOSITORIES)
def test_plan(name, golden):
    done = pipeline(CORPUS / name, "plan", "--platform", "linux/amd64")
    assert done.returncode == 0, done.stderr
    golden(f"corpus/{name}.text", done.stdout)


def test_variables_of_the_build_are_none_of_the_images():
    done = pipeline(CORPUS / "node-hooks", "plan", "--format", "dockerfile")
    build, _, image = done.stdout.partition("# hooks/runtime\n")
    assert 'ENV GREETING="hello you"' in build
    assert "NODE_ENV" in image
    assert "GREETING" not in image


@pytest.mark.parametrize(("name", "sharing"), [("node-yarn-classic", "locked"), ("node-yarn-berry", "shared")])
def test_a_store_that_is_not_made_for_it_is_used_by_one_install_at_a_time(name, sharing):
    done = pipeline(CORPUS / name, "plan", "--format", "dockerfile")
    mounts = re.findall(r"type=cache,id=pipeline-(?:yarn|berry),target=\S+?,sharing=(\w+)", done.stdout)
    assert mounts == [sharing, sharing]
