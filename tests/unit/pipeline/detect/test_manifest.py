"""package.json: its values with their lines, what installs and images take of it, and what is refused."""

from __future__ import annotations

import json

import pytest

from pipeline.detect.node.manifest import Manifest, read
from pipeline.errors import UsageError

INSTALLED = {
    "name": "ä",
    "version": "1.0.0",
    "type": "module",
    "dependencies": {"b": "1"},
    "devDependencies": {"c": "1"},
    "optionalDependencies": {"d": "1"},
    "peerDependencies": {"e": "1"},
    "peerDependenciesMeta": {},
    "bundleDependencies": [],
    "bundledDependencies": [],
    "overrides": {},
    "engines": {},
    "os": [],
    "cpu": [],
    "resolutions": {},
    "dependenciesMeta": {},
    "installConfig": {},
    "pnpm": {},
}
OF_A_ROOT = {"private": True, "workspaces": ["x"], "bin": "x.js"}
RUN = {"name": "ä", "version": "1.0.0", "type": "module", "main": "a.js", "exports": {}, "imports": {}}
OTHERS = {"scripts": {"prepare": "x"}, "author": "x", "files": []}


def manifest(data):
    return Manifest(data, "package.json", {})


def test_an_install_reads_what_it_installs_and_no_scripts():
    own = manifest({**OTHERS, **RUN, **INSTALLED, **OF_A_ROOT})
    assert json.loads(own.for_install(workspaces=False)) == INSTALLED
    assert json.loads(own.for_install(workspaces=True)) == {**INSTALLED, **OF_A_ROOT}


def test_an_image_holds_what_node_and_programs_read():
    read_by_programs = {"description": "x", "config": {"a": 1}, "_moduleAliases": {"@": "dist"}, "dependencies": {"b": "1"}}
    development = {"devDependencies": {}, "workspaces": [], "packageManager": "x", "jest": {}, "eslintConfig": {}}
    assert json.loads(manifest({**OTHERS, **development, **RUN, **read_by_programs}).for_runtime()) == {
        "author": "x",
        **RUN,
        **read_by_programs,
    }


def test_what_is_written_anew_is_text_as_people_write_it():
    assert manifest({"name": "ä", "version": "1"}).for_runtime() == '{\n  "name": "ä",\n  "version": "1"\n}\n'


def test_values_of_another_type_count_as_none():
    assert manifest({"scripts": ["x"]}).table("scripts") == {}
    assert (manifest({}).name, manifest({"name": 1}).name) == ("", "1")


@pytest.mark.parametrize("key", ["dependencies", "devDependencies", "optionalDependencies"])
def test_dependencies_are_those_of_any_table_that_is_installed(key):
    assert manifest({key: {"a": "1"}}).depends_on("a")
    assert not manifest({key: {"a": "1"}, "peerDependencies": {"b": "1"}}).depends_on("b")


def test_a_value_is_told_with_the_line_of_its_entry(tmp_path):
    (tmp_path / "package.json").write_text('{\n  "scripts": {\n    "build": "x"\n  }\n}')
    own = read(tmp_path / "package.json", "a/package.json", "a")
    found = own.found("node.build", "build", "scripts", "build")
    assert (found.key, found.value, found.source) == ("node.build", "build", "a/package.json:3, scripts.build")
    assert own.line("scripts", "test") == 0


def test_a_manifest_may_begin_with_the_mark_of_its_encoding(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "ä",\n"version": "1"}', encoding="utf-8-sig")
    own = read(tmp_path / "package.json", "package.json", "api")
    assert (own.name, own.line("version")) == ("ä", 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"^service api: a/package\.json is missing; a Node service needs one"),
        (b'{\n "a": }', r"^a/package\.json:2:7: not valid JSON: Expecting value$"),
        (b'{"a": "\xff"}', r"^a/package\.json: cannot be read: .*0xff"),
        (b'{"a": ' + b"9" * 5000 + b"}", r"^a/package\.json: cannot be read: "),
        (b"[" * 100_000, r"^a/package\.json: cannot be read: "),
        (b"[]", r"^a/package\.json:1: not an object$"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(tmp_path, content, message):
    if content is not None:
        (tmp_path / "package.json").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read(tmp_path / "package.json", "a/package.json", "api")


def test_a_manifest_that_is_a_device_is_refused(tmp_path):
    (tmp_path / "package.json").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match=r"^a/package\.json: cannot be read: .*no plain file"):
        read(tmp_path / "package.json", "a/package.json", "api")
