from __future__ import annotations

import json

import pytest

from pipeline.config import Build, Runtime, Service
from pipeline.detect import GoService, NodeService, detect
from pipeline.detect.found import Found
from pipeline.detect.golang import modules
from pipeline.detect.model import Output, Script
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
    assert (found.version, found.builds, found.output, found.start) == (
        "22",
        (Script(".", "build", "tsc"),),
        (Output("dist", "dist"),),
        ("node", "dist/index.js"),
    )
    assert "scripts" not in json.loads(found.install.manifests["package.json"])
    assert set(json.loads(found.runtime_manifests["package.json"])) == {"name", "version", "type", "dependencies", "engines"}
    assert found.check_scripts == ("test",)


def test_node_without_a_build_ships_its_sources(node):
    (node / "api" / "package.json").write_text(json.dumps({"name": "api", "main": "server.js"}))
    (node / "api" / "server.js").touch()
    found = detect(node, "api", Service(path="api"))
    assert (found.builds, found.output, found.start) == ((), (), ("node", "server.js"))
    assert found.shipped


def test_what_the_pipeline_reads_is_no_source_of_the_service(node, go):
    for name in ("api", "auth"):
        found = detect(node if name == "api" else go, name, Service(path=name))
        assert {"pipeline.toml", "pipeline.lock"} <= set(found.sources.exclude)


def test_no_lockfile_says_how_to_make_one(node):
    (node / "api" / "package-lock.json").unlink()
    with pytest.raises(UsageError, match=r"npm install --package-lock-only"):
        detect(node, "api", Service(path="api"))


def test_a_name_that_no_file_can_have_is_told(node):
    long = "a" * 300
    (node / "api" / "package.json").write_text(json.dumps({"main": long}))
    with pytest.raises(
        UsageError, match=f"^service api: 'api/{long}' cannot be looked up: File name too long; correct the name"
    ):
        detect(node, "api", Service(path="api"))


def test_a_name_that_leads_in_a_circle_is_told(node):
    (node / "api" / "tsconfig.json").write_text('{"compilerOptions": {"outDir": "loop"}}')
    (node / "api" / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match=r"^service api: 'api/loop' cannot be looked up: it is a loop of symbolic links"):
        detect(node, "api", Service(path="api"))


def test_broken_manifest_is_placed(node):
    (node / "api" / "package.json").write_text('{\n "name": }')
    with pytest.raises(UsageError, match=r"package\.json:2"):
        detect(node, "api", Service(path="api"))


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (">=22", "22"),
        ("^22", "22"),
        ("22.x", "22"),
        (">=20 <24", "22"),
        ("^20 || ^24", "24"),
        ("*", "22"),
        (">= 24", "24"),
        ("<20", "18"),
        ("20.11.1", "20.11.1"),
        ("~18.12.0", "18.12.0"),
    ],
)
def test_engines(node, wanted, version):
    path = node / "api" / "package.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "engines": {"node": wanted}}))
    assert detect(node, "api", Service(path="api")).version == version


@pytest.mark.parametrize("wanted", [">=99", "not a range"])
def test_engines_that_nothing_fits(node, wanted):
    path = node / "api" / "package.json"
    path.write_text(f'{{\n "engines": {{\n  "node": "{wanted}"}}}}')
    with pytest.raises(UsageError, match=r"api/package\.json:3: engines\.node is .* set `node\.version`"):
        detect(node, "api", Service(path="api"))


def test_each_value_has_its_source(node):
    (node / "api" / ".nvmrc").write_text("v24.1.0\n")
    (node / "api" / "index.js").write_text('const port = process.env.PORT ?? 4000;\napp.get("/healthz", ok);\n')
    found = detect(node, "api", Service(path="api", runtime=Runtime(start=["node", "x.js"])))
    assert {item.key: (item.value, item.source) for item in found.settings} == {
        "node.version": ("24.1.0", "api/.nvmrc:1"),
        "node.package_manager": ("npm", "api/package-lock.json:1, the lockfile"),
        "node.build": ("build", "api/package.json:1, scripts.build"),
        "node.output": (("dist",), "by convention"),
        "runtime.start": (("node", "x.js"), "pipeline.toml"),
        "port": (4000, "api/index.js:1, the default of PORT"),
        "health": ("/healthz", "api/index.js:2, a route of its own"),
        "files": ((), "no program names any"),
        "runtime.base": ("minimal", "nothing needs a shell"),
        "node.install_env": ({}, ""),
        "node.install_scripts": (False, "api/package-lock.json, no dependency has any"),
        "node.prod_deps": ("install", "by convention"),
        "node.native": (False, "api/package-lock.json, no dependency is compiled"),
    }


def test_go(go):
    found = detect(go, "auth", Service(path="auth"))
    assert isinstance(found, GoService)
    assert (found.version, found.main, found.module, found.config) == ("1.26.8", "./cmd/server", "example.com/auth", "")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ('var version = "dev"', 'auth/cmd/server/main.go:3, `"main.version" = "${VERSION}"` sets it'),
        ('var (\n\tname, commit string\n\tcommit = ""\n)', 'auth/cmd/server/main.go:5, `"main.commit" = "${VERSION}"` sets it'),
        ("func x() {\n\tvar date time.Time\n}", "no variable of main's looks like a version"),
        ("func x() {\n\tif y {\n\t\tvar (\n\t\t\tdate = z\n\t\t)\n\t}\n}", "no variable of main's looks like a version"),
    ],
)
def test_a_variable_for_the_version(go, text, source):
    (go / "auth" / "cmd" / "server" / "main.go").write_text(f"package main\n\n{text}\n")
    asked = {item.key: item.source for item in detect(go, "auth", Service(path="auth")).settings}
    assert asked["go.vars"] == source


def test_what_is_compiled_in_has_to_be_made(go):
    main = go / "auth" / "cmd" / "server" / "main.go"
    main.write_text('package main\n\nvar (\n\t//go:embed all:site "a b"\n\tsite embed.FS\n)\n')
    asked = {item.key: item.source for item in detect(go, "auth", Service(path="auth")).settings}
    assert asked["build.before"].startswith("auth/cmd/server/main.go:4, site is compiled in and not there")
    made = Service(path="auth", build=Build(before=["make site"]))
    assert "build.before" not in {item.key for item in detect(go, "auth", made).settings}
    for name in ("site", "a b"):
        (main.parent / name).mkdir()
    assert "build.before" not in {item.key for item in detect(go, "auth", Service(path="auth")).settings}


def test_c_in_a_local_module_is_the_services_too(go):
    (go / "store").mkdir()
    (go / "store" / "go.mod").write_text("module example.com/store\n\ngo 1.25\n")
    (go / "store" / "store.go").write_text('package store\n\nimport _ "github.com/mattn/go-sqlite3"\n')
    with (go / "auth" / "go.mod").open("a") as file:
        file.write("\nreplace example.com/store => ../store\n")
    found = detect(go, "auth", Service(path="auth"))
    asked = {item.key: item.source for item in found.settings}
    assert (found.cgo, asked["go.cgo"]) == ("static", "store/store.go:3, it imports github.com/mattn/go-sqlite3")


def test_several_main_packages_are_listed(go):
    (go / "auth" / "cmd" / "worker").mkdir()
    (go / "auth" / "cmd" / "worker" / "main.go").write_text("package main\n")
    with pytest.raises(UsageError, match=r"\./cmd/server, \./cmd/worker"):
        detect(go, "auth", Service(path="auth"))


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("go 1.26\n", "1.26", "go line"),
        ("go 1.22\ntoolchain go1.24.2\n", "1.24.2", "toolchain line"),
        ("go 1.25.9\ntoolchain go1.25.10\n", "1.25.10", "toolchain line"),
        ("toolchain default\ngo 1.26.1\n", "1.26.1", "go line"),
        ("go 1.26.8 // why\n", "1.26.8", "go line"),
        ("go 1.21\n", "1.21", "go line"),
        ("go 1.13\n", modules.DEFAULT, "go 1.13 is older than the Go versions to be had, and newer ones build it"),
    ],
)
def test_go_version_is_the_larger(tmp_path, text, expected, why):
    (tmp_path / "go.mod").write_text(f"module m\n\n{text}")
    found = modules.module(tmp_path / "go.mod", "x/go.mod", "x").version()
    assert found == Found("go.version", expected, "x/go.mod", text.count("\n") + 2, why)


def test_local_modules(tmp_path):
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.26\n\nreplace (\n\ta/b => ../b\n\tc/d v1.0.0 => e/f v1.1.0\n)\n")
    (tmp_path / "go.work").write_text("go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\nuse ./c\n")
    assert modules.module(tmp_path / "go.mod", "go.mod", "x").local == ("../b",)
    assert modules.used(tmp_path / "go.work", "go.work", "x") == ("./a", "./b", "./c")


@pytest.mark.parametrize("text", ["", "module\n", "module m\n", "module m\n\ntoolchain default\n"])
def test_a_module_without_its_lines(tmp_path, text):
    (tmp_path / "go.mod").write_text(text)
    with pytest.raises(UsageError, match=r"x/go\.mod: no `(module|go)` line; `go mod"):
        modules.module(tmp_path / "go.mod", "x/go.mod", "x").version()


def test_the_command_that_is_named_like_the_module_is_the_service(go):
    for name in ("auth", "migrate"):
        (go / "auth" / "cmd" / name).mkdir()
        (go / "auth" / "cmd" / name / "main.go").write_text("package main\n")
    assert detect(go, "auth", Service(path="auth")).main == "./cmd/auth"


def test_what_is_no_main_package(go):
    (go / "auth" / "tools.go").write_text("//go:build ignore\n\npackage main\n")
    (go / "auth" / "main_test.go").write_text("package main\n")
    (go / "auth" / "doc.go").write_text('// package main is not what this says.\npackage auth\n\nvar x = "package main"\n')
    assert detect(go, "auth", Service(path="auth")).main == "./cmd/server"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], r"neither a package\.json nor a go\.mod"),
        (["package.json", "go.mod"], r"both a package\.json and a go\.mod"),
    ],
)
def test_a_folder_of_neither_kind_or_of_both(tmp_path, files, reason):
    (tmp_path / "x").mkdir()
    for name in files:
        (tmp_path / "x" / name).touch()
    with pytest.raises(UsageError, match=rf"^service s: x has {reason}; say which .* in \[services\.s\]$") as asked:
        detect(tmp_path, "s", Service(path="x"))
    assert asked.value.service == "s"
