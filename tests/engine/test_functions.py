"""Dagger functions that give files, called as they are where there is no disk of the user's."""

from __future__ import annotations

import json

from functions import call
from prometheus_client.parser import text_string_to_metric_families

EXPORT = """
function, output = given
await (await getattr(module, function)(services=["auth-service"])).export(output)
"""


def test_lists_of_what_is_in_an_image(workspace, tmp_path):
    folder = tmp_path / "lists"
    assert call(workspace, workspace.root, EXPORT, "sbom", folder) == ""
    assert sorted(path.name for path in folder.iterdir()) == ["auth-service.cdx.json", "auth-service.spdx.json"]
    found = json.loads((folder / "auth-service.cdx.json").read_text())
    assert "github.com/go-chi/chi/v5" in {component["name"] for component in found["components"]}


def test_a_build_that_fails_is_a_figure(workspace, tmp_path):
    """Here every build by a function does, since its archive does not come to this machine: what measures it is a Dagger Engine."""
    assert call(workspace, workspace.root, EXPORT, "metrics", tmp_path / "figures") == ""
    read = text_string_to_metric_families((tmp_path / "figures").read_text())
    samples = {family.name: [(sample.labels, sample.value) for sample in family.samples] for family in read}
    assert samples["pipeline_service_success"] == [({"repository": "", "service": "auth-service"}, 0)]
