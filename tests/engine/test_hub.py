"""Bases from a hub: official images, pinned by digest. A registry on loopback with stand-ins is the hub."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
import registries
import standins

ROLES = {"node:22-bookworm-slim", "golang:{go}-bookworm", "busybox:1"}
RUNTIME = re.compile(
    r"(etc|etc/(passwd|group|os-release)|home|home/node|lib|lib64|tmp|usr|usr/lib(64)?|usr/lib/[^/]+-linux-gnu(/[^/]+\.so\.\d+)?"
    r"|usr/lib(64)?/ld-linux[^/]+|usr/local|usr/local/bin|usr/local/bin/node|app(/.*)?)$"
)


@pytest.fixture(scope="module")
def go_version(request):
    text = (request.config.rootpath / "services/auth/go.mod").read_text()
    return re.search(r"^go (\S+)", text, re.MULTILINE)[1]


@pytest.fixture(scope="module")
def hub(workspace, tools, tmp_path_factory, go_version):
    with standins.hub(tools, tmp_path_factory.mktemp("hub"), workspace.state / "daglet", go_version) as made:
        yield made


@pytest.fixture(scope="module")
def official(workspace, hub, tmp_path_factory):
    """The services with bases from the hub, locked, and built once beside the others' engine state."""
    root = tmp_path_factory.mktemp("official")
    shutil.copytree(workspace.root / "services", root / "services")
    configure(root, workspace, 'from = "hub"', hub.address)
    made = replace(workspace, root=root, settings={"PIPELINE_CACHE": str(tmp_path_factory.mktemp("cache"))})
    locked = made.pipeline("lock")
    assert locked.code == 0, locked.err
    run = made.pipeline("build")
    assert run.code == 0, run.out + run.err
    return made, locked, run


def configure(root, workspace, bases, address):
    services = (workspace.root / "pipeline.toml").read_text()
    (root / "pipeline.toml").write_text(f'[bases]\nhub = "{address}"\n{bases}\n{services}')


def test_the_lockfile_has_the_hubs_digests(official, hub, tools, go_version):
    made, locked, _ = official
    lock = json.loads((made.root / "pipeline.lock").read_text())
    assert lock["from"] == "hub"
    assert set(lock["pins"]) == {f"{hub.address}/{image.format(go=go_version)}" for image in ROLES}
    for address, pinned in lock["pins"].items():
        index = tools.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{address}")
        assert "manifest.list" in index or "image.index" in index
        assert pinned == f"{address}@sha256:{hashlib.sha256(index.encode()).hexdigest()}"
        assert pinned in locked.out


def test_both_services_are_built_from_it(official, hub):
    made, _, run = official
    assert f"bases: official images of {hub.address} (locked)" in run.err
    node = made.image("api-gateway")
    assert [path for path in node.entries if not RUNTIME.match(path)] == []
    assert node.entries["tmp"].mode == 0o1777
    assert node.entries["home/node"].uid == 1000
    labels = node.config["config"]["Labels"]
    lock = json.loads((made.root / "pipeline.lock").read_text())
    [pinned] = [pin for address, pin in lock["pins"].items() if "/node:" in address]
    name, digest = labels["org.opencontainers.image.base.name"], labels["org.opencontainers.image.base.digest"]
    assert f"{name}@{digest}" == pinned
    assert set(made.files("auth-service")[0]) == {
        "bin",
        "bin/app",
        "etc",
        "etc/app",
        "etc/app/config.yaml",
        "etc/ssl",
        "etc/ssl/certs",
        "etc/ssl/certs/ca-certificates.crt",
    }


@pytest.mark.parametrize("service", ["api-gateway", "auth-service"])
def test_their_images_answer(official, service, tmp_path):
    made, _, _ = official
    image = made.image(service)
    image.unpack(tmp_path)
    settings = image.config["config"]
    with registries.refusing() as address:
        port = address.rpartition(":")[2]
    environ = dict(item.split("=", 1) for item in settings.get("Env", ())) | {"PORT": port}
    user, group = settings["User"].split(":")
    tmp_path.chmod(0o755)
    inside = ["unshare", f"--root={tmp_path}", f"--wd={settings.get('WorkingDir') or '/'}", "--setgid", group, "--setuid", user]
    command = [*inside, "--", *settings.get("Entrypoint", ()), *settings["Cmd"]]
    with subprocess.Popen(command, env=environ) as process:
        try:
            assert answered(f"{address}/health", process) == 200
        finally:
            process.terminate()


def answered(address, process, seconds=20):
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status
        except urllib.error.URLError:
            time.sleep(0.1)
    return f"nothing; exit code {process.poll()}"


def test_a_tag_that_moves_changes_nothing_that_is_locked(official, hub):
    made, locked, run = official
    before = (made.root / "pipeline.lock").read_text()
    hub.push("node:22-bookworm-slim", standins.NODE + "LABEL moved=yes\n")
    again = made.pipeline("build")
    assert {status for service in run.digests() for status in again.stages(service).values()} == {"cached"}
    assert again.digests() == run.digests()
    anew = made.pipeline("lock")
    assert anew.code == 0
    assert anew.out != locked.out
    assert (made.root / "pipeline.lock").read_text() != before
    (made.root / "pipeline.lock").write_text(before)


def test_a_locked_hub_need_not_answer(official, isolated):
    made, _, run = official
    assert made.engine_is_gone()
    again = made.pipeline("build", through=isolated)
    assert again.code == 0, again.out + again.err
    assert again.digests() == run.digests()
    assert again.report["cache_hit_rate"] == 1


def test_an_address_overrides_the_hub(official, hub, workspace):
    made, locked, _ = official
    [pinned] = {line.split()[1] for line in locked.out.splitlines() if line.startswith("node-")}
    before = (made.root / "pipeline.toml").read_text()
    try:
        configure(made.root, workspace, f'from = "hub"\nnode = "{pinned}"', hub.address)
        run = made.pipeline("build", "api-gateway")
    finally:
        (made.root / "pipeline.toml").write_text(before)
    assert run.code == 0, run.out + run.err
    assert run.stages("api-gateway")["deps"] == "cached"
    files, config = made.files("api-gateway")
    assert "usr/bin/dash" in files
    assert config["config"]["Labels"]["org.opencontainers.image.base.digest"] == pinned.partition("@")[2]


def test_auto_takes_it_where_it_answers_and_says_so(official, hub, workspace, tmp_path):
    made, _, run = official
    here = replace(made, root=tmp_path / "repository", settings={"PIPELINE_CACHE": str(tmp_path / "cache")})
    shutil.copytree(made.root / "services", here.root / "services")
    configure(here.root, workspace, 'from = "auto"', hub.address)
    found = here.pipeline("build", "auth-service")
    assert found.code == 0, found.err
    assert f"bases: official images of {hub.address} (not locked: `pipeline lock` writes pipeline.lock)" in found.err
    assert found.digests()["auth-service"] == run.digests()["auth-service"]


@pytest.mark.parametrize("broken", [registries.refusing, registries.hanging])
def test_auto_takes_packages_where_it_does_not_and_says_so(workspace, tmp_path, broken):
    shutil.copytree(workspace.root / "services", tmp_path / "services")
    here = replace(workspace, root=tmp_path)
    with broken() as address:
        name = address.removeprefix("http://")
        configure(tmp_path, workspace, 'from = "auto"', name)
        started = time.monotonic()
        found = here.pipeline("lock")
        assert time.monotonic() - started < 60
    assert found.code == 0, found.err
    assert f"bases: assembled from packages, since {name} does not answer (locked)" in found.err
    assert json.loads((tmp_path / "pipeline.lock").read_text())["from"] == "packages"


def test_one_that_is_asked_for_and_does_not_answer_is_an_error(workspace, tmp_path):
    shutil.copytree(workspace.root / "services", tmp_path / "services")
    with registries.refusing() as address:
        name = address.removeprefix("http://")
        configure(tmp_path, workspace, 'from = "hub"', name)
        found = replace(workspace, root=tmp_path).pipeline("build")
    assert found.code == 1
    last = found.err.splitlines()[-1]
    assert last.startswith(f"pipeline: there is no answer about {name}/")
    assert "connection refused" in last
    assert last.endswith('check the address, or assemble bases: `from = "packages"` under [bases]')
