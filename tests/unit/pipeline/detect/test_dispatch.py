"""What kind of service a folder is."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Go, Node, Service
from pipeline.detect import detect
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("kind", "other", "refused"),
    [
        (
            "node",
            {"go": Go(main=".")},
            r"^services\.a\.go\.main: a is a Node service, and no Go service's 'main' holds for it; remove it",
        ),
        (
            "go",
            {"node": Node(build=False)},
            r"^services\.a\.node\.build: a is a Go service, and no Node service's 'build' holds",
        ),
    ],
)
def test_what_holds_for_the_other_kind_is_refused(tmp_path, kind, other, refused):
    write(tmp_path, {"package.json": {"main": "a.js"}, "a.js": "", "package-lock.json": "{}"})
    write(tmp_path, {"go.mod": "module example.com/a\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"})
    assert detect(tmp_path, "a", Service(path=".", kind=kind)).kind == kind
    with pytest.raises(UsageError, match=refused):
        detect(tmp_path, "a", Service(path=".", kind=kind, **other))


@pytest.fixture
def worker(tmp_path):
    write(tmp_path, {"go.mod": "module example.com/a\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"})
    return tmp_path


@pytest.mark.parametrize("health", ["/health", "grpc"])
def test_a_service_that_listens_nowhere_is_not_asked_there(worker, health):
    with pytest.raises(UsageError, match=rf"^services\.a\.health: '{health}' is asked on the service's port") as raised:
        detect(worker, "a", Service(path=".", port=False, health=health))
    assert "name the port" in str(raised.value)


@pytest.mark.parametrize("health", ["grpc:9090", ["/bin/app", "check"], False])
def test_a_service_that_listens_nowhere_may_be_asked_elsewhere(worker, health):
    assert detect(worker, "a", Service(path=".", port=False, health=health)).image.port == 0
