from __future__ import annotations

import pytest

from pipeline.bases import BaseError, LockError, golang

PLATFORM = "linux/amd64"


@pytest.mark.parametrize(("wanted", "version"), [("1.26", "1.26.10"), ("1.26.9", "1.26.9")])
def test_versions(registries, wanted, version):
    assert golang.resolve(wanted, PLATFORM) == golang.Toolchain(version, "h1:sum")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("1.99", "the module proxy has no Go 1.99 for linux/amd64"), ("1.26.99", "there is no Go 1.26.99 for linux/amd64")],
)
def test_a_version_that_does_not_exist(registries, wanted, message):
    with pytest.raises(BaseError, match=f"{message}; set `go.version`"):
        golang.resolve(wanted, PLATFORM)


def test_another_sum_than_the_pinned_one_is_refused(registries):
    with pytest.raises(LockError, match=r"Go 1.26.10 has another checksum than its pin says"):
        golang.fetch(golang.Toolchain("1.26.10", "h1:other"), PLATFORM)


def test_what_is_laid_in(registries, laid):
    archive = golang.fetch(golang.resolve("1.26", PLATFORM), PLATFORM)
    found = laid(lambda tree: golang.fill(tree, archive))
    files = {path.removeprefix("usr/local/go/"): oct(item.mode) for path, item in found.items() if item.isreg()}
    assert files == {
        "bin/go": "0o755",
        "pkg/tool/linux_amd64/compile": "0o755",
        "src/fmt/fmt.go": "0o644",
        "src/internal/cmd/a.go": "0o644",
        "src/cmd/go.mod": "0o644",
        "src/cmd/covdata/dump.go": "0o644",
        "src/cmd/internal/cov/mcovdata.go": "0o644",
    }
    assert found["go/pkg"].uid == 1000
