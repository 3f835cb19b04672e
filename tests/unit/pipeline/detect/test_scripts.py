"""Build scripts that need no package manager to run them."""

import pytest

from pipeline.detect.model import Manager, Script
from pipeline.detect.node.manifest import Manifest
from pipeline.detect.node.scripts import script

NPM = Manager("npm")


def found(folder, scripts, manager=NPM):
    manifest = Manifest({"scripts": scripts}, "package.json", {})
    return script(manifest, "a", "build", manager, folder)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("tsc -p tsconfig.build.json", "tsc -p tsconfig.build.json"),
        (" tsc ", "tsc"),
        ("rimraf dist&&tsc -b && cp -r 'src/my views' dist/", "rimraf dist && tsc -b && cp -r 'src/my views' dist/"),
        ("esbuild src/a.ts --bundle --outfile=dist/a.js", "esbuild src/a.ts --bundle --outfile=dist/a.js"),
    ],
)
def test_a_script_of_compilers_and_copies_is_run_by_a_shell(tmp_path, text, command):
    assert found(tmp_path, {"build": text}) == Script("a", "build", command)


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "tsc &&", "&& tsc", "tsc; x", "tsc & x", "tsc | x", "tsc || true", "tsc > log", "(tsc)", "! tsc"),
        *("tsc $npm_package_version", "tsc `x`", "cp -r src/*.json dist", "rm -rf ~/x", "tsc\nx", "tsc \\", "tsc # x"),
        *("vite build", "npm run a", "npx tsc", "NODE_ENV=production tsc", "node build.js", "tsc && node copy.js", "tscé"),
    ],
)
def test_any_other_is_run_by_the_package_manager(tmp_path, text):
    assert found(tmp_path, {"build": text}) == Script("a", "build")


@pytest.mark.parametrize("other", ["prebuild", "postbuild"])
def test_scripts_around_it_are_the_package_managers(tmp_path, other):
    assert found(tmp_path, {"build": "tsc", other: "tsc"}) == Script("a", "build")


@pytest.mark.parametrize("name", ["pnpm", "yarn"])
def test_other_managers_keep_programs_where_npm_does(tmp_path, name):
    assert found(tmp_path, {"build": "tsc"}, Manager(name)).command == "tsc"


def test_berry_may_keep_programs_anywhere(tmp_path):
    assert found(tmp_path, {"build": "tsc"}, Manager("berry")).command == ""


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (".npmrc", "node-options=--max-old-space-size=8192"),
        (".npmrc", "script-shell=/bin/bash"),
        (".yarnrc", "script-shell bash"),
        ("pnpm-workspace.yaml", "nodeOptions: --import=x"),
    ],
)
def test_a_manager_that_is_told_how_to_run_scripts_runs_them(tmp_path, file, line):
    (tmp_path / file).write_bytes(b"a=\xff\n" + line.encode() + b"\n")
    assert found(tmp_path, {"build": "tsc"}).command == ""
    (tmp_path / file).write_text("registry=https://example.com\n")
    assert found(tmp_path, {"build": "tsc"}).command == "tsc"
