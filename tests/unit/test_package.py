"""The package: what is in the wheel and the sdist, its version, and which clients of Dagger's fit it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from documents import ROOT
from packaging.requirements import Requirement

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DATA = (
    "daglet/embedded/_tools/go.mod",
    "daglet/embedded/_tools/go.sum",
    "daglet/py.typed",
    "daglet/schema.graphql",
    "pipeline/_tools/registry/go.mod",
    "pipeline/_tools/registry/go.sum",
    "pipeline/_tools/scan/go.mod",
    "pipeline/_tools/scan/go.sum",
    "pipeline/py.typed",
    "pipeline/report/templates/report.css",
    "pipeline/report/templates/report.html",
    "pipeline/stages/tsc.js",
)


def build(source: Path, target: Path, kind: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [made] = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_all_that_is_read_at_run_time_and_nothing_else(wheel):
    modules = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert contents(wheel).keys() == modules | set(DATA)


def test_the_sdist_makes_the_same_wheel(wheel, sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    again = build(source, tmp_path / "made", "wheel")
    assert contents(again) == contents(wheel)


def test_the_version_is_the_projects(wheel):
    assert wheel.name == f"pipeline-{PROJECT['version']}-py3-none-any.whl"
    assert version("pipeline") == PROJECT["version"]


def test_the_client_of_the_lockfile_fits_and_the_one_that_an_engine_brings():
    [bound] = [Requirement(text).specifier for text in PROJECT["dependencies"] if text.startswith("dagger-io")]
    assert bound.contains(version("dagger-io"))
    assert bound.contains("0.0.0")
    assert not bound.contains("0.22.0")


def test_pre_commit_runs_what_the_tests_begin_with():
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    [hook] = [hook for repository in yaml.safe_load(text)["repos"] for hook in repository["hooks"]]
    assert hook["entry"].split()[0] == "make"
    assert f"test: {hook['entry'].split()[-1]}\n" in (ROOT / "Makefile").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
