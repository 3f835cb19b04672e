"""Several BuildKits over mutual TLS: services keep to one of them, and are built on another when theirs is lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import remotes
from steps import until

NAMES = [f"s{number}" for number in range(10)]

_MANIFEST = {"name": "tiny", "version": "1.0.0", "main": "dist/index.js", "scripts": {"build": "node build.js"}}
_LOCK = {**_MANIFEST, "lockfileVersion": 3, "requires": True, "packages": {"": _MANIFEST}}
_BUILD = """\
import { copyFileSync, mkdirSync } from "node:fs";
mkdirSync("dist");
setTimeout(() => copyFileSync("index.js", "dist/index.js"), 3000);
"""


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    return remotes.certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def engines(tmp_path_factory, trusted):
    states = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    with remotes.running(states[0], trusted) as first, remotes.running(states[1], trusted) as second:
        yield first, second


@pytest.fixture
def repository(make_workspace, trusted):
    """A repository of ten services that take three seconds each, and nothing of the machine's own engine."""
    workspace = make_workspace()
    for name in NAMES:
        folder = workspace.root / name
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps({**_MANIFEST, "type": "module"}))
        (folder / "package-lock.json").write_text(json.dumps(_LOCK))
        (folder / "build.js").write_text(_BUILD)
        (folder / "index.js").write_text(f'console.log("{name}");\n')
    services = "".join(f'[services.{name}]\npath = "{name}"\nnode = {{ prod_deps = "none" }}\n' for name in NAMES)
    workspace.root.joinpath("certificates").symlink_to(trusted.folder)
    (workspace.root / "pipeline.toml").write_text(services)
    return workspace


def documented(workspace, engines):
    """Configure a repository as the documentation shows it, with other addresses."""
    text = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for number, engine in enumerate(engines, 1):
        shown = shown.replace(f"tcp://builder-{number}.internal:1234", engine.address)
    assert "internal" not in shown
    path = workspace.root / "pipeline.toml"
    path.write_text(shown + path.read_text())


def configure(workspace, hosts, **settings):
    lines = [f"hosts = {json.dumps([engine.address for engine in hosts])}"]
    lines += [f'{name} = "{value}"' for name, value in settings.items()]
    services = (workspace.root / "pipeline.toml").read_text()
    (workspace.root / "pipeline.toml").write_text("\n".join(["[engine]", *lines, services]))


async def test_one_of_two_is_killed_and_all_ten_are_built(repository, engines, trusted):
    first, second = engines
    documented(repository, engines)
    process = repository.start("build", "--max-parallel", "10")
    await until(lambda: first.steps or process.poll() is not None, seconds=120)
    first.kill()
    run = repository.finish(process)
    assert run.code == 0, run.out + run.err
    assert run.report["services_succeeded"] == 10
    moved = [service for service in run.report["services"] if service["retries"]]
    assert 1 <= len(moved) < 10
    assert {service["host"] for service in run.report["services"]} == {second.address}
    for service in moved:
        [retry] = service["retries"]
        assert retry["host"] == first.address
        assert retry["reason"]
    assert f"built again   {len(moved)} on another host: {', '.join(service['service_name'] for service in moved)}\n" in run.out
    assert f"{moved[0]['service_name']}: built again on {second.address}, since {first.address} was lost: " in run.err
    assert all(repository.files(name)[0]["app/dist/index.js"].isreg() for name in NAMES)
    # The other one stays lost, so the next build does without it from the start.
    again = repository.pipeline("build")
    assert again.code == 0, again.out + again.err
    assert f"left out: {first.address}: no BuildKit answers there (" in again.err
    assert {stage["status"] for service in again.report["services"] for stage in service["stages"]} == {"cached"}
    assert not any(service["retries"] for service in again.report["services"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"tlscacert": "nowhere.pem"},
            "engine.tlscacert: nowhere.pem cannot be read: No such file or directory; name a PEM file, relative to the repository",
        ),
        ({"tlscert": "certificates/client.pem"}, "pipeline.toml:1: engine: is {'hosts': "),
        ({"tlscacert": "certificates/ca.pem"}, "no BuildKit can be used: tcp://127.0.0.1:"),
        ({"tlscacert": "pipeline.toml"}, "no BuildKit can be used: tcp://127.0.0.1:"),
    ],
)
def test_what_cannot_work_is_one_sentence_before_anything_is_built(repository, engines, settings, message):
    configure(repository, engines, **settings)
    run = repository.pipeline("build")
    assert run.code == 2, run.err
    [line] = [line for line in run.err.splitlines() if line.startswith("pipeline: ")]
    assert line.startswith(f"pipeline: {message}")
    assert "Traceback" not in run.err
    assert not (repository.root / "dist" / "images").exists()


def test_buildkit_host_with_certificates_wins_over_hosts(repository, engines, trusted):
    first, second = engines
    configure(repository, [first])
    variables = {f"PIPELINE_ENGINE_{name.upper()}": value for name, value in trusted.settings.items()}
    workspace = replace(repository, settings={**variables, "BUILDKIT_HOST": second.address})
    run = workspace.pipeline("build", "s0")
    assert run.code == 0, run.out + run.err
    assert "(BUILDKIT_HOST is set)" in run.err
    assert run.service("s0")["host"] == ""
    first.kill()
    assert workspace.pipeline("build", "s0").code == 0
