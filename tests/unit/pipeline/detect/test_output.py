"""The folders that a build makes: by the compiler's settings, by where the start looks, by convention."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect.node import output as outputs
from pipeline.detect.node.manifest import Manifest, read
from pipeline.errors import UsageError

OUT_DIR = '{\n  "compilerOptions": {\n    "outDir": "%s"\n  }\n}\n'


@pytest.fixture
def output(tmp_path):
    def of(files, build="tsc", entry="", script="build", **node):
        write(tmp_path, {"package.json": {"scripts": {"build": build}}, **files})
        manifest = read(tmp_path / "package.json", "a/package.json", "a")
        return outputs.output(tmp_path, "a", manifest, script, entry, Service(path="a", node=Node(**node)))

    return of


COMPILED = (("lib",), "a/tsconfig.json:3, compilerOptions.outDir")


@pytest.mark.parametrize(
    ("entry", "files", "value", "source"),
    [
        ("", {}, *COMPILED),
        ("lib/a.js", {}, *COMPILED),
        ("server.js", {}, *COMPILED),
        ("server.js", {"server.js": ""}, *COMPILED),
        ("src/a.js", {"src/a.js": ""}, *COMPILED),
        ("build/a.js", {"build/b.js": ""}, ("build",), "where the start command looks"),
        ("build", {}, ("build",), "where the start command looks"),
        ("build/", {}, ("build",), "where the start command looks"),
        ("made/a.js", {}, ("made",), "where the start command looks"),
        ("src/a.js", {"src/b.js": ""}, ("lib",), "by convention"),
    ],
)
def test_the_compilers_settings_count_unless_the_start_looks_elsewhere(output, entry, files, value, source):
    found = output({"tsconfig.json": OUT_DIR % "lib", **files}, entry=entry)
    assert (found.key, found.value, found.source) == ("node.output", value, source)


@pytest.mark.parametrize(("entry", "value"), [("", ("dist",)), ("a.js", ("dist",)), ("made/x/a.js", ("made",))])
def test_without_settings_it_is_where_the_start_looks_else_dist(output, entry, value):
    assert output({}, entry=entry).value == value


def test_what_is_configured_is_taken_as_it_is(output):
    found = output({"tsconfig.json": OUT_DIR % "lib"}, output=["a", "b/c"])
    assert (found.key, found.value, found.source) == ("node.output", ("a", "b/c"), "pipeline.toml")


def test_nothing_is_made_without_a_script(output):
    found = output({"tsconfig.json": OUT_DIR % "lib"}, script="")
    assert (found.value, found.source) == ((), "nothing is built")


def test_a_source_that_starts_beside_a_build_is_asked_about_where_the_script_stands(output):
    manifest = '{\n"scripts": {\n"build": "x"}}'
    message = r"^a/package\.json:3: node\.output: the script 'build' builds, and a\.js, which .*; name it: `node = { output"
    with pytest.raises(UsageError, match=message) as asked:
        output({"package.json": manifest, "a.js": ""}, entry="a.js")
    assert asked.value.key == "node.output"


@pytest.mark.parametrize(
    ("build", "made"),
    [("vite build", "dist"), ("tsc -b && vite build", "dist"), ("astro build", "dist"), ("react-scripts build", "build")],
)
def test_a_front_end_is_built_beside_the_server_that_starts(output, build, made):
    found = output({"server.js": "", "vite.config.ts": "export default { plugins: [] }"}, build, entry="server.js")
    assert (found.value, found.source) == ((made,), "a/package.json:1, where its builder writes")


@pytest.mark.parametrize(
    ("build", "config"),
    [
        ("vite build", "export default { build: { outDir: 'public' } }"),
        ("vite build", "export default { root: 'client' }"),
        ("vite build client", ""),
        ("vite build --outDir public", ""),
        ("vite build && make", ""),
        ("npm run build:client", ""),
        ("tsc", ""),
    ],
)
def test_a_front_end_that_is_built_elsewhere_is_asked_about(output, build, config):
    with pytest.raises(UsageError, match="it cannot be told what the build makes"):
        output({"server.js": "", "vite.config.js": config}, build, entry="server.js")


@pytest.mark.parametrize(
    ("build", "files", "value"),
    [
        ("tsc", {"tsconfig.build.json": OUT_DIR % "a", "tsconfig.json": OUT_DIR % "b"}, "a"),
        ("tsc", {"tsconfig.build.json": "{}", "tsconfig.json": OUT_DIR % "b"}, "b"),
        ("tsc -p x.json", {"x.json": OUT_DIR % "a", "tsconfig.json": OUT_DIR % "b"}, "a"),
        ("tsc --project 'x.json'", {"x.json": OUT_DIR % "a"}, "a"),
        ('tsc -v --build "x.json"', {"x.json": OUT_DIR % "a"}, "a"),
        ("tsc -b sub", {"sub/tsconfig.json": OUT_DIR % "../a"}, "a"),
        ("tsc -p Xx.jsonX", {"Xx.jsonX": OUT_DIR % "a"}, "a"),
        ("tsc", {"tsconfig.json": OUT_DIR % "${configDir}/a/b"}, "a"),
        ("tsc", {"tsconfig.json": OUT_DIR % "${configDir}"}, "dist"),
        ("tsc -b sub", {"sub/tsconfig.json": OUT_DIR % "${configDir}/../a"}, "a"),
        ("tsc", {"tsconfig.json": '{"extends": "./sub/base"}', "sub/base.json": OUT_DIR % "${configDir}/a"}, "a"),
        ("tsc -p gone.json", {"tsconfig.json": OUT_DIR % "b"}, "dist"),
        ("tsc -p ../x.json", {"../x.json": OUT_DIR % "a"}, "dist"),
        ("tsc", {"tsconfig.json": OUT_DIR % "a/b/c"}, "a"),
        ("tsc", {"tsconfig.json": OUT_DIR % "."}, "dist"),
        ("tsc", {"tsconfig.json": OUT_DIR % "../a"}, "dist"),
        ("tsc", {"tsconfig.json": '{"compilerOptions": {"outDir": 1}}'}, "dist"),
        ("tsc", {"tsconfig.json": '{"compilerOptions": []}'}, "dist"),
        ("tsc", {"tsconfig.json": "[]"}, "dist"),
        ("tsc", {"tsconfig.json": '{"extends": "./sub/base"}', "sub/base.json": OUT_DIR % "../a"}, "a"),
        ("tsc", {"tsconfig.json": '{"extends": "./x.json"}', "x.json": OUT_DIR % "a"}, "a"),
        ("tsc", {"tsconfig.json": '{"extends": "x.json"}', "x.json": OUT_DIR % "a"}, "dist"),
        ("tsc", {"tsconfig.json": '{"extends": ["./x.json"]}', "x.json": OUT_DIR % "a"}, "dist"),
        ("tsc", {"tsconfig.json": '{"extends": "./tsconfig.json"}'}, "dist"),
    ],
)
def test_where_the_compiler_is_told_to_write(output, build, files, value):
    assert output(files, build).value == (value,)


def test_settings_outside_of_the_service_are_not_read(output, tmp_path):
    files = {"tsconfig.json": '{"extends": "../outside.json"}', "../outside.json": OUT_DIR % f"{tmp_path.name}/a"}
    assert output(files).value == ("dist",)


def test_settings_that_come_from_another_file_are_told_with_that_file(output):
    found = output({"tsconfig.json": '{"extends": "./sub/base"}', "sub/base.json": OUT_DIR % "../a"})
    assert found.source == "a/sub/base.json:3, compilerOptions.outDir"


@pytest.mark.parametrize(("script", "value"), [("", ""), ("build", "lib"), ("other", "lib")])
def test_what_a_build_likely_makes_is_what_its_compiler_is_told(tmp_path, script, value):
    (tmp_path / "tsconfig.json").write_text(OUT_DIR % "lib")
    manifest = Manifest({"scripts": {"build": "tsc"}}, "package.json", {})
    assert outputs.likely(tmp_path, manifest, script) == value


def test_what_a_build_likely_makes_is_dist_otherwise(tmp_path):
    write(tmp_path, {"x.json": OUT_DIR % "lib"})
    scripts = {"build": "vite build", "other": "tsc -p x.json"}
    manifest = Manifest({"scripts": scripts}, "package.json", {})
    assert [outputs.likely(tmp_path, manifest, script) for script in scripts] == ["dist", "lib"]


@pytest.mark.parametrize(
    ("manifest", "folder"),
    [
        ({"main": "lib/a/b.js"}, "lib"),
        ({"main": "./lib/a.js"}, "lib"),
        ({"module": "esm/a.js"}, "esm"),
        ({"main": "lib/a.js", "module": "esm/a.js"}, "lib"),
        ({"main": "src/a.ts", "module": "esm/a.js"}, "esm"),
        ({"exports": "./out/a.js"}, "out"),
        ({"exports": {".": {"types": 1, "import": "./out/a.js"}, "./package.json": "./package.json"}}, "out"),
        ({"main": "./a.js", "exports": {"./b": None}}, "dist"),
        ({"main": 1}, "dist"),
        ({}, "dist"),
    ],
)
def test_the_output_of_a_library_is_where_its_entries_are(manifest, folder):
    assert outputs.member_output(Manifest(manifest, "package.json", {})) == folder
