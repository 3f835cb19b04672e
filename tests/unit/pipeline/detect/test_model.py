"""What a service is, as plain data."""

from __future__ import annotations

import pytest

from pipeline.detect.model import Health, Place


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (False, Health("none")),
        ("/health", Health("http", path="/health")),
        ("grpc", Health("grpc", port=0)),
        ("grpc:50052", Health("grpc", port=50052)),
        (("./check", "-q"), Health("command", command=("./check", "-q"))),
    ],
)
def test_a_probe_says_what_is_asked(probe, expected):
    assert Health.of(probe) == expected


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [(".", "a/b", "a/b"), (".", ".", "."), ("apps/api", "a/b", "apps/api/a/b"), ("apps/api", ".", "apps/api")],
)
def test_a_path_of_a_service_as_one_of_its_context(folder, name, expected):
    assert Place("x", "x", folder).within(name) == expected
