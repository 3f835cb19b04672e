"""A network that is not there, and registries that refuse or say nothing: a clear error in bounded time, or none at all."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import registries
import small


@pytest.fixture(scope="module")
def nowhere(workspace, tmp_path_factory):
    """The tiny services, whose dependencies no cache has."""
    root = tmp_path_factory.mktemp("nowhere")
    with registries.packages("go") as offered:
        offered.offer("unheard-of", {"index.js": ""})
        small.write(root, offered)
    lock = root / "web" / "package-lock.json"
    # A lockfile names the public registry, in the place of which npm takes the configured one.
    lock.write_text(lock.read_text().replace(offered.address, "https://registry.npmjs.org"))
    return replace(workspace, root=root)


def asking(workspace, address, **more):
    return replace(workspace, settings={"npm_config_registry": f"{address}/", "GOPROXY": address, **more})


def test_without_a_network_an_unchanged_build_succeeds(built, isolated):
    workspace, before = built
    assert workspace.engine_is_gone()
    run = workspace.pipeline("build", through=isolated)
    assert run.code == 0, run.out + run.err
    assert run.digests() == before.digests()
    assert run.report["cache_hit_rate"] == 1
    assert workspace.engine_is_gone()


def test_registries_that_refuse(nowhere):
    started = time.monotonic()
    with registries.refusing() as address:
        run = asking(nowhere, address, npm_config_fetch_retries="1").pipeline("build")
    assert time.monotonic() - started < 60
    assert run.code == 1
    told = run.service("web")["error_message"]
    assert told.startswith(("stage deps: `npm ci` ended with exit code", "stage prod-deps: `npm ci --omit=dev` ended with"))
    assert "ECONNREFUSED" in told
    assert f"{address.removeprefix('http://')}" in told
    told = run.service("tool")["error_message"]
    assert told.startswith('stage deps: `GOPROXY="file:///var/cache/go-mod,$(go env GOPROXY)" go mod download` ended with')
    assert f"dial tcp {address.removeprefix('http://')}: connect: connection refused" in told
    assert {service["status"] for service in run.report["services"]} == {"failed"}


def test_registries_that_say_nothing(nowhere):
    started = time.monotonic()
    with registries.hanging() as address:
        patient = asking(nowhere, address, npm_config_fetch_timeout="1000", npm_config_fetch_retries="1")
        run = patient.pipeline("build", "--timeout", "15")
    assert time.monotonic() - started < 60
    assert run.code == 1
    told = run.service("web")
    assert told["status"] == "failed"
    assert "`npm ci" in told["error_message"]
    assert "network timeout" in told["error_message"]
    told = run.service("tool")
    assert told["status"] == "timeout"
    assert told["error_message"].startswith("not finished after 15 s: still at stage deps: `GOPROXY=")
    assert "go mod download" in told["error_message"]
    assert nowhere.engine_is_gone()
