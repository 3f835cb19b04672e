"""Each repository of the corpus: its plan, value by value with its source, and its images, built and started."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent


def pipeline(root, *arguments, state=None):
    states = {"DAGLET_STATE": str(state / "daglet"), "PIPELINE_STATE": str(state / "pipeline")} if state else {}
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=root, env={**os.environ, **states}, capture_output=True, text=True, check=False)


def test_the_corpus_is_there():
    assert len([path for path in CORPUS.iterdir() if path.is_dir()]) >= 24


def test_plan(planned, golden):
    done = pipeline(CORPUS / planned, "plan", "--platform", "linux/amd64")
    assert done.returncode == 0, done.stderr
    golden(f"corpus/{planned}.text", done.stdout)


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


@pytest.mark.engine
def test_build(built, corpus_state, tmp_path):
    root = tmp_path / built
    shutil.copytree(CORPUS / built, root)
    done = pipeline(root, "build", state=corpus_state)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(service["image_size_mb"] for service in json.loads((root / "dist/report.json").read_text())["services"])
    checked = pipeline(root, "check", state=corpus_state)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "smoke" in checked.stdout
