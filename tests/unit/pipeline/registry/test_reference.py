"""Addresses of images: what is one, and that everything else is refused in a sentence."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.registry.publish import check_addresses
from pipeline.registry.reference import check_registry, is_loopback, split


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("registry.example/team/api:1.0", ("registry.example/team/api", "1.0")),
        ("127.0.0.1:5000/api:latest", ("127.0.0.1:5000/api", "latest")),
        ("[::1]:5000/a__b/c-d:v_1", ("[::1]:5000/a__b/c-d", "v_1")),
    ],
)
def test_an_address_has_a_repository_and_a_tag(address, parts):
    assert split(address) == parts


@pytest.mark.parametrize(
    "address",
    ["registry.example/api", "registry.example/Api:1", "registry.example/api:a b", "registry.example/api:-x", "https://r/a:1"],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="is no address of an image; a tag has letters"):
        split(address)


@pytest.mark.parametrize("address", ["https://registry.example", "registry.example/Team", "registry.example:5000:1", ""])
def test_what_is_no_registry_is_refused(address):
    with pytest.raises(UsageError, match="is no registry; write its host"):
        check_registry(address, "--registry")


def test_without_a_registry_there_is_nowhere_to_publish_to():
    with pytest.raises(UsageError, match=r"^service api: there is no registry to publish to; name it with --registry"):
        check_addresses({"api": ("api:latest",)})


def test_two_images_have_no_address_in_common():
    with pytest.raises(UsageError, match=r"^service b: r\.example/x:1 is to be the image of a, too; give each"):
        check_addresses({"a": ("r.example/x:1", "r.example/x:1"), "b": ("r.example/x:1",)})


def test_loopback_is_told_apart():
    assert [is_loopback(host) for host in ("127.0.0.1:1/a", "localhost/a", "[::1]:5/a", "localhost.example/a")] == [
        True
    ] * 3 + [False]
