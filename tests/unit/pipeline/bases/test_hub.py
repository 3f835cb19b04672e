from __future__ import annotations

import pytest

from pipeline.bases import BaseRequest, Settings, hub

SETTINGS = Settings(hub="hub.example/library")


@pytest.mark.parametrize(
    ("role", "version", "image"),
    [
        ("node-build", "22", "node:22-bookworm-slim"),
        ("node-runtime", "22", "node:22-bookworm-slim"),
        ("go-build", "1.26.8", "golang:1.26.8-bookworm"),
        ("config", "", "busybox:1"),
    ],
)
def test_official_images(role, version, image):
    base = hub.base(BaseRequest(role, version, "linux/amd64"), SETTINGS, {})
    assert (base.source, base.address, base.digest) == ("hub", f"hub.example/library/{image}", "")
    assert bool(base.files) is (role == "node-runtime")


def test_a_pinned_image_keeps_its_name_and_gets_its_digest():
    address = "hub.example/library/busybox:1"
    base = hub.base(BaseRequest("config", "", "linux/amd64"), SETTINGS, {address: f"{address}@sha256:00"})
    assert (base.title, base.address, base.digest) == (address, f"{address}@sha256:00", "sha256:00")


@pytest.mark.parametrize(
    ("platform", "loader", "merged"),
    [
        ("linux/amd64", "/usr/lib64/ld-linux-x86-64.so.2", {"/lib", "/lib64"}),
        ("linux/arm64", "/usr/lib/ld-linux-aarch64.so.1", {"/lib"}),
    ],
)
def test_the_loader_is_found_where_programs_ask_for_it(platform, loader, merged):
    base = hub.base(BaseRequest("node-runtime", "22", platform), SETTINGS, {})
    links = dict(base.links)
    assert links.pop(loader) in base.files
    assert set(links) == merged
