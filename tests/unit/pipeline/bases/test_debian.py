from __future__ import annotations

import pytest

from pipeline.bases import LockError
from pipeline.bases.debian import Apt, Package, control, names, parse_uris


def test_apt_listing():
    listing = f"'mirror/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 27 SHA256:{'0' * 64}\nnoise\n"
    assert list(parse_uris(listing)) == [Package("libc6", "2.36-9+deb12u14", "0" * 64)]


@pytest.fixture
def apt(registries, tmp_path):
    return Apt(tmp_path / "cache", "amd64")


def test_packages_are_pinned_by_version_and_checksum(apt):
    found = apt.resolve(["libc6", "dash"])
    assert names(found) == "dash=1:2.0 libc6=1:2.0"
    assert {len(package.sha256) for package in found} == {64}


def test_the_index_is_read_once_a_day(apt, registries):
    apt.resolve(["dash"])
    assert registries.asked() == ["apt-get", "apt-get"]
    apt.resolve(["dash"])
    assert registries.asked() == ["apt-get"]


def test_a_pinned_package_is_fetched_once(apt, registries):
    pinned = apt.resolve(["dash", "libc6"])
    paths = apt.fetch(pinned)
    assert control(paths[0]).startswith("Package: dash\n")
    registries.asked()
    assert apt.fetch(pinned) == paths
    assert registries.asked() == []


def test_another_file_under_a_locked_version_is_refused(apt):
    with pytest.raises(LockError, match=r"dash 1:2.0 has another checksum than its pin says; `pipeline lock`"):
        apt.fetch([Package("dash", "1:2.0", "0" * 64)])


def test_a_locked_version_that_is_gone(apt):
    with pytest.raises(LockError, match=r"(?s)a locked package cannot be had: .*; `pipeline lock`"):
        apt.fetch([Package("gone", "1", "0" * 64)])
