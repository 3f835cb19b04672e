"""The small repositories of tests/corpus, each built and its image started, as the configuration that it has says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[1] / "corpus"

QUICK = {"go-files", "go-replace", "go-workspace", "node-files", "node-hooks", "node-patched", "node-worker"}
"""Ways that the sample services do not go, and that take no long download."""

REPOSITORIES = [
    pytest.param(path.name, marks=() if path.name in QUICK else pytest.mark.slow)
    for path in sorted(CORPUS.iterdir())
    if path.is_dir() and path.name != "__pycache__"
]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_build(workspace, repository, tmp_path):
    """On the samples' engine, which has compiled Go's own packages."""
    shutil.copytree(CORPUS / repository, tmp_path / repository)
    place = replace(workspace, root=tmp_path / repository)
    run = place.pipeline("build")
    assert run.code == 0, run.out + run.err
    assert all(service["image_size_mb"] for service in run.report["services"])
    checked = place.pipeline("check")
    assert checked.code == 0, checked.out + checked.err
    assert "smoke" in checked.out
