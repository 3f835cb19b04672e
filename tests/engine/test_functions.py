"""Dagger functions that give files, called as they are where there is no disk of the user's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.folders import cache_folder

FUNCTION = """
import sys
import anyio, dagger
from dagger import dag
from pipeline import Pipeline

async def main():
    source, bases, function, output = sys.argv[1:]
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        module = Pipeline(source=dag.host().directory(source), bases=dag.host().directory(bases))
        await (await getattr(module, function)(services=["auth-service"])).export(output)

anyio.run(main)
"""


@pytest.fixture
def called(workspace, tmp_path):
    """Call a function with a repository, and return where what it gives lies."""

    def call(root, function):
        environ = {**workspace.environ, "_EXPERIMENTAL_DAGGER_CLI_BIN": str(Path(sys.executable).with_name("daglet"))}
        output = tmp_path / function
        command = [sys.executable, "-c", FUNCTION, root, cache_folder() / "bases", function, output]
        subprocess.run(command, env=environ, check=True)
        return output

    return call


def test_lists_of_what_is_in_an_image(called, workspace):
    folder = called(workspace.root, "sbom")
    assert sorted(path.name for path in folder.iterdir()) == ["auth-service.cdx.json", "auth-service.spdx.json"]
    found = json.loads((folder / "auth-service.cdx.json").read_text())
    assert "github.com/go-chi/chi/v5" in {component["name"] for component in found["components"]}


def test_a_build_that_fails_is_a_figure(called, workspace):
    """Here every build by a function does, since its archive does not come to this machine: what measures it is a Dagger Engine."""
    read = text_string_to_metric_families(called(workspace.root, "metrics").read_text())
    samples = {family.name: [(sample.labels, sample.value) for sample in family.samples] for family in read}
    assert samples["pipeline_service_success"] == [({"repository": "", "service": "auth-service"}, 0)]
