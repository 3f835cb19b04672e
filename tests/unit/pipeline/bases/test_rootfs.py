from __future__ import annotations

import pytest

from pipeline.bases import debian, rootfs


@pytest.fixture
def fetched(registries, tmp_path):
    apt = debian.Apt(tmp_path / "cache", "amd64")

    def fetch(*wanted):
        packages = apt.resolve(wanted)
        return list(zip(packages, apt.fetch(packages), strict=True))

    return fetch


def test_a_tree_to_run_in_has_libraries_and_no_programs(fetched, laid):
    found = laid(lambda tree: rootfs.fill(tree, fetched("ca-certificates", "libc6"), shell=False))
    assert found["usr/lib/x86_64-linux-gnu/libc6.so.1"].isreg()
    assert not [path for path in found if path.startswith(("usr/bin", "usr/share/doc"))]
    assert found["lib"].linkname == "usr/lib"
    assert found["etc/ssl/certs/ca-certificates.crt"].text == "ca-certificates\n"
    assert found["var/lib/dpkg/status.d/libc6"].text.startswith("Package: libc6\n")
    assert "node:x:1000:1000::/home/node:/sbin/nologin" in found["etc/passwd"].text
    assert found["tmp"].mode == 0o1777
    assert (found["home/node"].uid, found["home/node"].mode) == (1000, 0o755)


def test_a_tree_to_build_in_has_programs_and_a_shell(fetched, laid):
    found = laid(lambda tree: rootfs.fill(tree, fetched("dash", "libc6"), shell=True))
    assert found["usr/bin/sh"].linkname == "dash"
    assert "node:x:1000:1000::/home/node:/bin/sh" in found["etc/passwd"].text
    assert found["usr/bin/libc6"].text == "merged"


def test_busybox_stands_alone(fetched, laid):
    [(_, path)] = fetched("busybox-static")
    found = laid(lambda tree: rootfs.fill_busybox(tree, path))
    assert sorted(path for path, item in found.items() if not item.isdir()) == [
        "bin/busybox",
        "bin/sh",
        "etc/group",
        "etc/passwd",
    ]
