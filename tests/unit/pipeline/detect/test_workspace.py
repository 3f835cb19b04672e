"""Workspaces: which one a service is in, who is a member, and which members another needs."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect.node import workspace
from pipeline.detect.node.manifest import Manifest, read
from pipeline.detect.node.workspace import WHEN_IT_RUNS, Workspace
from pipeline.errors import UsageError


@pytest.fixture
def find(tmp_path):
    def of(files, path="apps/api", **settings):
        write(tmp_path, {f"{path}/package.json": {"name": "api"}, **files})
        own = read(tmp_path / path / "package.json", f"{path}/package.json", "api")
        return workspace.find(tmp_path, Service(path=path, **settings), own, "api")

    return of


def root(*patterns):
    return {"package.json": {"name": "root", "workspaces": patterns}}


def test_a_workspace_is_the_nearest_above_that_lists_the_folder(find):
    found = find(
        {
            "package.json": {"workspaces": ["a/apps/*"]},
            "a/package.json": {"name": "a", "workspaces": ["apps/*"]},
            "a/apps/package.json": {"workspaces": ["other"]},
        },
        path="a/apps/api",
    )
    assert (found.root, found.file) == ("a", "a/package.json")
    assert {place: (item.name, item.file) for place, item in found.members.items()} == {
        ".": ("a", "a/package.json"),
        "apps/api": ("api", "a/apps/api/package.json"),
    }


def test_a_root_is_in_its_own_workspace(find):
    found = find({"package.json": {"name": "root", "workspaces": ["libs/*"]}, "libs/b/package.json": {}}, path=".")
    assert (found.root, found.file, list(found.members)) == (".", "package.json", [".", "libs/b"])


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": {"workspaces": ["libs/*"]}},
        {"package.json": {"workspaces": []}},
        {"package.json": "[]"},
        {"package.json": "{"},
        {"pnpm-workspace.yaml": "- apps/*"},
        {"pnpm-workspace.yaml": "packages: ["},
        {"pnpm-workspace.yaml": "packages: apps/*\n"},
    ],
)
def test_a_folder_that_none_lists_is_alone(find, files):
    found = find(files)
    assert (found.root, found.file) == ("apps/api", "")
    assert {place: item.name for place, item in found.members.items()} == {".": "api"}


@pytest.mark.parametrize("lock", ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"])
def test_a_folder_with_a_lockfile_of_its_own_is_alone(find, lock):
    assert find({**root("apps/*"), f"apps/api/{lock}": ""}).root == "apps/api"


def test_a_folder_with_a_lockfile_of_its_own_is_where_the_configuration_says(find):
    files = {**root("apps/*"), "apps/api/yarn.lock": ""}
    assert find(files, node=Node(workspace=".")).file == "package.json"
    assert find(files, context=".").file == "package.json"
    assert find(files, context="libs", node=Node(workspace=".")).root == "."


def test_a_place_that_is_asked_for_and_is_no_workspace_has_no_members(find):
    asked = find({}, node=Node(workspace="apps"))
    assert (asked.root, asked.file, asked.members) == ("apps", "", {})
    assert list(find({}, context="apps/api").members) == ["."]
    assert find(root("apps/*"), node=Node(workspace="libs")).file == ""
    elsewhere = {"libs/package.json": {"workspaces": ["*"]}, "libs/a/package.json": {}}
    assert find(elsewhere, node=Node(workspace="libs")).members == {}


def test_pnpms_list_of_members_counts_before_that_of_npm(find):
    found = find({**root("libs/*"), "pnpm-workspace.yaml": "packages: [apps/*, 1]\n"})
    assert (found.file, list(found.members)) == ("pnpm-workspace.yaml", [".", "apps/api"])


def test_a_list_of_members_may_lie_in_a_table(find):
    found = find({"package.json": {"workspaces": {"packages": ["apps/*", None], "nohoist": ["x"]}}})
    assert list(found.members) == [".", "apps/api"]


def test_a_list_of_members_may_begin_with_the_mark_of_its_encoding(find):
    for file, content in (("package.json", '{"workspaces": ["apps/*"]}'), ("pnpm-workspace.yaml", "packages: [apps/*]")):
        assert find({file: f"\ufeff{content}"}).file == file


def test_a_member_whose_manifest_cannot_be_read_is_named(find):
    with pytest.raises(UsageError, match=r"^apps/web/package\.json:1:1: not valid JSON"):
        find({**root("apps/*"), "apps/web/package.json": "x"})


@pytest.mark.parametrize(
    ("patterns", "members"),
    [
        (["apps/*", "libs/*"], ["apps/api", "libs/a", "libs/b"]),
        (["./apps/*/", "libs/b/"], ["apps/api", "libs/b"]),
        (["/apps/*", ".//libs/b"], ["apps/api", "libs/b"]),
        ([".apps/*", "apps/*"], ["apps/api"]),
        (["apps/api", "gone"], ["apps/api"]),
        (["**"], ["apps/api", "libs/a", "libs/b", "libs/b/deep"]),
        (["{apps,libs}/*"], ["apps/api", "libs/a", "libs/b"]),
        (["apps/*", "libs/*", "!libs/a"], ["apps/api", "libs/b"]),
        (["apps/*", "libs/*", "!./libs/*/"], ["apps/api"]),
        (["apps/*", "libs/*", "!/libs/b"], ["apps/api", "libs/a"]),
        (["apps/*", "***/b"], ["apps/api", "libs/b"]),
        (["apps/*", "l*b*/*b*"], ["apps/api", "libs/b"]),
        (["apps/*", "*i*b*s*/b"], ["apps/api"]),
        (["apps/*", "{libs/{a,b},x}"], ["apps/api", "libs/a", "libs/b"]),
        (["apps/*", "{libs/{a,{b,c}},x}"], ["apps/api"]),
        (["apps/*", f"libs/{{a,{'b,' * 29}}}"], ["apps/api", "libs/a", "libs/b"]),
        (["apps/*", f"libs/{{a,{'b,' * 30}}}"], ["apps/api"]),
        (["apps/*", "libs/{1..9}", "libs/../libs/b"], ["apps/api"]),
    ],
)
def test_members_are_those_that_usual_patterns_find(find, patterns, members):
    others = ("libs/a", "libs/b", "libs/b/deep", "libs/b/node_modules/x", "node_modules/y")
    found = find({**root(*patterns), **{f"{name}/package.json": {} for name in others}})
    assert [member for member in found.members if member != "."] == members


@pytest.mark.parametrize(
    "pattern", ["../beside/*", "{../beside,libs}/*", "HERE/apps/*", "{HERE/apps,libs}/*", "{libs,HERE/apps}/*"]
)
def test_no_member_lies_outside_of_the_workspace(find, tmp_path, pattern):
    write(tmp_path, {"beside/x/package.json": {"name": "x"}})
    files = {"ours/package.json": {"workspaces": ["apps/*", pattern.replace("HERE", f"{tmp_path}/ours")]}}
    assert list(find(files, path="ours/apps/api").members) == [".", "apps/api"]


def needed(folder, members):
    manifests = {place: Manifest({"name": place, **data}, "", {}) for place, data in members.items()}
    return Workspace(".", "package.json", manifests).needed(folder)


@pytest.mark.parametrize("key", ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"])
def test_a_member_needs_those_that_it_depends_on_in_any_way(key):
    assert needed("a", {".": {}, "a": {key: {"b": "*", "ms": "2"}}, "b": {}, "c": {}}) == ("b", "a")


def test_what_a_member_needs_when_it_runs_is_not_what_it_is_built_with():
    tables = {"a": {"dependencies": {"b": "*"}, "devDependencies": {"c": "*"}}, "b": {"devDependencies": {"d": "*"}}}
    manifests = {place: Manifest({"name": place, **tables.get(place, {})}, "", {}) for place in "abcd"}
    assert Workspace(".", "package.json", manifests).needed("a", WHEN_IT_RUNS) == ("b", "a")


def test_a_member_comes_after_all_that_it_needs():
    wants = {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}
    members = {place: {"dependencies": dict.fromkeys(names, "*")} for place, names in wants.items()}
    assert needed("a", members) == ("d", "b", "c", "a")


def test_members_that_need_each_other_are_taken_once():
    members = {"a": {"dependencies": {"a": "*", "b": "*"}}, "b": {"dependencies": {"a": "*"}}}
    assert needed("a", members) == ("b", "a")


@pytest.mark.parametrize("wanted", ["*", "^1.0.0", "workspace:*", "workspace:^", "file:../b", "link:../b", "portal:../b"])
def test_a_dependency_by_the_name_of_a_member_is_that_member(wanted):
    assert needed("a", {"a": {"dependencies": {"b": wanted}}, "b": {}}) == ("b", "a")


@pytest.mark.parametrize("wanted", ["npm:c@1", "https://example.test/b.tgz", "git+ssh://example.test/b", "github:x/b"])
def test_a_dependency_that_comes_from_elsewhere_is_no_member(wanted):
    assert needed("a", {"a": {"dependencies": {"b": wanted}}, "b": {}}) == ("a",)
