"""Dagger functions that give files, called as they are where there is no disk of the user's."""

from __future__ import annotations

import json

import trees
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


WHOLE = """
for function, options in (("image", {"service": "a"}), ("sbom", {}), ("publish", {"registry": "127.0.0.1:9"})):
    try:
        await getattr(module, function)(**options)
    except FunctionError as error:
        print(error)
"""


def test_a_stage_is_not_taken_for_an_image(workspace, tmp_path):
    files = {"a/go.mod": "module a.example/a\n\ngo 1.26\n", "a/main.go": "package main\n"}
    settings = '[services.a]\npath = "a"\ntarget = "build"\n'
    trees.write(tmp_path / "repository", {**files, "pipeline.toml": settings})
    told = call(workspace, tmp_path / "repository", WHOLE).splitlines()
    rest = "and the build stops at build; leave out `target`"
    assert told == [f"service a: whole images are {what}, {rest}" for what in ("returned", "listed", "published")]
