from __future__ import annotations

import json

import pytest

from pipeline.config import Service
from pipeline.detect import GoService, NodeService, detect
from pipeline.detect.golang import version
from pipeline.detect.node import allows
from pipeline.errors import UsageError


@pytest.fixture
def node(tmp_path):
    folder = tmp_path / "api"
    folder.mkdir()
    manifest = {
        "name": "api",
        "version": "1.2.3",
        "type": "module",
        "engines": {"node": ">=22"},
        "scripts": {"build": "tsc", "start": "node dist/index.js", "test": "node --test", "prepare": "husky"},
        "dependencies": {"fastify": "5"},
    }
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "package-lock.json").write_text("{}")
    return tmp_path


@pytest.fixture
def go(tmp_path):
    folder = tmp_path / "auth"
    (folder / "cmd" / "server").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/auth\n\ngo 1.25\n\ntoolchain go1.26.8\n")
    (folder / "cmd" / "server" / "main.go").write_text("// Command server.\npackage main\n")
    return tmp_path


def test_node(node):
    found = detect(node, "api", Service(path="api"))
    assert isinstance(found, NodeService)
    assert (found.version, found.build_script, found.output, found.start) == (
        "22",
        "build",
        ("dist",),
        ("node", "dist/index.js"),
    )
    assert "scripts" not in json.loads(found.install_manifest)
    assert set(json.loads(found.runtime_manifest)) == {"name", "version", "type"}
    assert found.check_scripts == ("test",)


def test_node_without_a_build_ships_its_sources(node):
    (node / "api" / "package.json").write_text(json.dumps({"name": "api", "main": "server.js"}))
    found = detect(node, "api", Service(path="api"))
    assert (found.build_script, found.output, found.start) == ("", (), ("node", "server.js"))


def test_no_lockfile_says_how_to_make_one(node):
    (node / "api" / "package-lock.json").unlink()
    with pytest.raises(UsageError, match=r"npm install --package-lock-only"):
        detect(node, "api", Service(path="api"))


def test_broken_manifest_is_placed(node):
    (node / "api" / "package.json").write_text('{\n "name": }')
    with pytest.raises(UsageError, match=r"package\.json:2"):
        detect(node, "api", Service(path="api"))


@pytest.mark.parametrize(
    ("wanted", "majors"),
    [
        (">=22", "22 24"),
        ("^22", "22"),
        ("22.x", "22"),
        ("22", "22"),
        (">=20 <24", "22"),
        ("^20 || ^24", "24"),
        ("*", "22 24"),
        (">= 24", "24"),
        ("<20", ""),
    ],
)
def test_engines(wanted, majors):
    assert " ".join(str(major) for major in (22, 24) if allows(wanted, major)) == majors


def test_go(go):
    found = detect(go, "auth", Service(path="auth"))
    assert isinstance(found, GoService)
    assert (found.version, found.main, found.module, found.config) == ("1.26.8", "./cmd/server", "example.com/auth", "")


def test_several_main_packages_are_listed(go):
    (go / "auth" / "cmd" / "worker").mkdir()
    (go / "auth" / "cmd" / "worker" / "main.go").write_text("package main\n")
    with pytest.raises(UsageError, match=r"\./cmd/server, \./cmd/worker"):
        detect(go, "auth", Service(path="auth"))


def test_missing_sums(go):
    (go / "auth" / "go.mod").write_text("module m\n\ngo 1.26\n\nrequire example.com/x v1.0.0\n")
    with pytest.raises(UsageError, match="go mod tidy"):
        detect(go, "auth", Service(path="auth"))


@pytest.mark.parametrize(
    ("text", "expected"), [("go 1.26\n", "1.26"), ("go 1.9\ntoolchain go1.10.2\n", "1.10.2"), ("go 1.26.8 // why\n", "1.26.8")]
)
def test_go_version_is_the_larger(text, expected):
    assert version(text, "go.mod") == expected


def test_a_folder_of_neither_kind(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match=r"neither a package\.json nor a go\.mod"):
        detect(tmp_path, "x", Service(path="x"))
