"""The images of both services: what they hold, how they are configured, how large they are, what others make of them (N4, G5)."""

from __future__ import annotations

import json
import re

import pytest

ALLOWED = {
    "api-gateway": re.compile(
        r"(bin|lib|lib64|sbin|usr|usr/lib|usr/lib64|usr/local|usr/local/bin|usr/local/bin/node|root|home|home/node|tmp)$"
        r"|usr/lib(64)?/[^/]+-linux-gnu(/[^/]+\.so[.\d]*)?$|usr/lib(64)?/ld-linux[^/]*$|usr/lib/os-release$|usr/share(/|$)"
        r"|etc(/(passwd|group|os-release|debian_version|host.conf|issue|issue.net|ld.so.conf.d|dpkg|ssl|opt|ca-certificates).*)?$"
        r"|var(/lib(/dpkg(/status\.d(/[^/]+)?)?)?)?$"
        r"|app$|app/package\.json$|app/dist(/.+\.js)?$|app/dist/[^.]+$|app/node_modules(/.*)?$"
    ),
    "auth-service": re.compile(
        r"(bin|bin/app|etc|etc/app|etc/app/config\.yaml|etc/ssl|etc/ssl/certs|etc/ssl/certs/ca-certificates\.crt)$"
    ),
}
NEVER = re.compile(r"(^|/)(npm|npx|sh|bash|dash|typescript|tsx|eslint|esbuild|src|test|\.env[^/]*)$|\.ts$|\.map$")


def allowed_path(service, name):
    shipped_by_a_dependency = name.startswith("app/node_modules/") and name.count("/") > 2
    return bool(ALLOWED[service].match(name)) and (shipped_by_a_dependency or not NEVER.search(name))


@pytest.fixture(scope="module")
def finished(workspace):
    """The workspace, and a build of it as it stands."""
    run = workspace.pipeline("build")
    assert run.code == 0, run.out + run.err
    return workspace, run


@pytest.mark.parametrize("service", ["api-gateway", "auth-service"])
def test_runtime_images_hold_nothing_else(finished, service):
    workspace, _ = finished
    files, config = workspace.files(service)
    assert [name for name in files if not allowed_path(service, name)] == []
    assert {item.mtime for item in files.values()} == {0}
    user = config["config"]["User"]
    assert all(part.isdecimal() and part != "0" for part in user.split(":"))


def test_image_configuration(finished):
    workspace, _ = finished
    _, node = workspace.files("api-gateway")
    assert node["config"]["Cmd"] == ["node", "dist/index.js"]
    assert node["config"]["ExposedPorts"] == {"3000/tcp": {}}
    assert "NODE_ENV=production" in node["config"]["Env"]
    check = node["config"]["Healthcheck"]
    seconds = 1_000_000_000
    assert (check["Interval"], check["Timeout"], check["StartPeriod"], check["Retries"]) == (
        30 * seconds,
        5 * seconds,
        10 * seconds,
        3,
    )
    assert check["Test"][:3] == ["CMD", "node", "-e"]
    _, go = workspace.files("auth-service")
    assert go["config"]["User"] == "1001:1001"
    assert go["config"]["Entrypoint"] == ["/bin/app"]
    assert go["config"]["Cmd"] == ["--config", "/etc/app/config.yaml"]


@pytest.mark.parametrize("service", ["api-gateway", "auth-service"])
def test_skopeo_accepts_the_archive(finished, tools, service):
    workspace, run = finished
    archive = f"oci-archive:{workspace.root}/dist/images/{service}.tar"
    found = json.loads(tools.skopeo("inspect", archive))
    assert (found["Digest"], found["Os"]) == (run.digests()[service], "linux")
    assert found["Layers"]
    config = json.loads(tools.skopeo("inspect", "--config", archive))
    assert len(config["rootfs"]["diff_ids"]) == len(found["Layers"])


def test_sizes_are_within_the_limits(finished):
    _, run = finished
    assert run.service("api-gateway")["image_size_mb"] <= 48
    assert run.service("auth-service")["image_size_mb"] <= 5
    assert run.service("api-gateway")["image_size_uncompressed_mb"] > run.service("api-gateway")["image_size_mb"]


def test_layers_by_zstd_are_smaller_and_the_same_each_time(finished, tools):
    workspace, before = finished
    run = workspace.pipeline("build", "--compression", "zstd", "--output", "zstd")
    assert run.code == 0, run.out + run.err
    report = json.loads((workspace.root / "zstd/report.json").read_text())
    sizes = {item["service_name"]: item["image_size_mb"] for item in report["services"]}
    assert sizes["api-gateway"] <= 38
    assert sizes["auth-service"] < before.service("auth-service")["image_size_mb"]
    for item in report["services"]:
        archive = f"oci-archive:{workspace.root}/zstd/{item['image']}"
        assert json.loads(tools.skopeo("inspect", archive))["Digest"] == item["image_digest"]
        manifest = json.loads(tools.skopeo("inspect", "--raw", archive))
        assert {layer["mediaType"].rpartition("+")[2] for layer in manifest["layers"]} == {"zstd"}
    workspace.pipeline("build", "--compression", "zstd", "--output", "again")
    again = json.loads((workspace.root / "again/report.json").read_text())
    assert [item["image_digest"] for item in again["services"]] == [item["image_digest"] for item in report["services"]]


def test_equal_digests_from_another_folder_and_an_empty_engine(finished, make_workspace):
    _, first = finished
    other = make_workspace()
    second = other.pipeline("build")
    assert second.code == 0, second.out + second.err
    assert set(second.stages("auth-service").values()) == {"executed"}
    assert second.digests() == first.digests()
    assert other.engine_is_gone()
