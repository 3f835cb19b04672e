"""Dependencies that lie in the repository: what an install reads of them, what it makes links to, and what ships."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect import detect
from pipeline.detect.model import Manager
from pipeline.detect.node.local import find
from pipeline.detect.node.manifest import Manifest
from pipeline.errors import UsageError


@pytest.fixture
def local(tmp_path):
    """What is found in the folder `a` of a repository that has some files."""

    def of(manifest, files=(), manager="npm", folder="."):
        write(tmp_path / "a", dict(files))
        return find(tmp_path, "a", {folder: Manifest(manifest, "a/package.json", {})}, Manager(manager), "a")

    return of


@pytest.fixture
def depends(tmp_path):
    """A service that is built and depends on a library in libs/b."""

    def of(library, files, table="dependencies", **settings):
        own = {"scripts": {"build": "tsc", "start": "node dist/a.js"}, table: {"b": "file:libs/b"}}
        manifests = {"package.json": own, "package-lock.json": "{}", "libs/b/package.json": {"name": "b", **library}}
        write(tmp_path, {**manifests, **files})
        return detect(tmp_path, "a", Service(path=".", **settings))

    return of


LIBRARY = {"libs/b/package.json": {"name": "b"}, "b.tgz": ""}


@pytest.mark.parametrize(
    ("wanted", "manager", "read", "linked"),
    [
        ("file:b.tgz", "npm", ["b.tgz"], []),
        ("file:./b.tgz", "pnpm", ["b.tgz"], []),
        ("./b.tgz", "npm", ["b.tgz"], []),
        ("file:libs/b", "npm", [], ["libs/b"]),
        ("./libs/b/", "npm", [], ["libs/b"]),
        ("file:libs/b", "pnpm", ["libs/b"], []),
        ("link:libs/b", "pnpm", [], ["libs/b"]),
        ("file:./libs/b", "yarn", ["libs/b"], []),
        ("portal:./libs/b", "berry", [], ["libs/b"]),
        ("file:gone", "npm", [], []),
        ("file:/opt/b", "npm", [], []),
        ("npm:b@1", "npm", [], []),
        ("git+file:libs/b", "npm", [], []),
        ("libs/b", "npm", [], []),
        (1, "npm", [], []),
    ],
)
def test_what_is_read_and_what_is_linked(local, wanted, manager, read, linked):
    found = local({"dependencies": {"b": wanted}}, LIBRARY, manager)
    assert (list(found.read), list(found.linked), list(found.shipped)) == (read, linked, linked)


def test_paths_are_those_of_the_context(local):
    found = local({"dependencies": {"b": "file:../libs/b"}}, LIBRARY, folder="app")
    assert list(found.linked) == ["libs/b"]


def test_what_they_need_in_turn_ships_where_it_is_needed_at_run_time(local):
    files = {
        "b/package.json": {"name": "b", "dependencies": {"c": "file:../c"}},
        "c/package.json": {"name": "c", "dependencies": {"b": "file:../b"}, "devDependencies": {"d": "file:../d"}},
        "d/package.json": {"name": "d"},
    }
    found = local({"devDependencies": {"b": "file:b"}}, files)
    assert (list(found.linked), found.shipped) == (["b", "c", "d"], ())
    found = local({"dependencies": {"c": "file:c"}, "devDependencies": {"b": "file:b"}}, files)
    assert (sorted(found.linked), sorted(found.shipped)) == (["b", "c", "d"], ["b", "c"])


def test_one_outside_of_what_a_build_sees_is_refused_with_the_way_out(local):
    asked = r"a/package\.json: b is 'file:\.\./b', which lies outside of a, .*; make both members of a workspace"
    with pytest.raises(UsageError, match=asked):
        local({"dependencies": {"b": "file:../b"}})


def test_a_service_installs_and_ships_them(tmp_path):
    own = {
        "name": "a",
        "scripts": {"build": "tsc", "start": "node dist/a.js"},
        "dependencies": {"b": "file:libs/b", "c": "file:c.tgz"},
    }
    library = {"name": "b", "main": "b.js", "scripts": {"prepare": "tsc"}, "dependencies": {"x": "1"}}
    write(tmp_path, {"package.json": own, "package-lock.json": "{}", "c.tgz": "", "libs/b/package.json": library})
    found = detect(tmp_path, "a", Service(path="."))
    assert found.install.files == ("package-lock.json", "c.tgz")
    assert "scripts" not in found.install.manifests["libs/b/package.json"]
    assert found.install.members == (".", "libs/b")
    assert found.shipped
    assert found.shipped.include == ("libs/b/**",)
    assert '"main": "b.js"' in found.runtime_manifests["libs/b/package.json"]
    assert found.sources.include == ()


BUILT = {"main": "./dist/b.js"}


@pytest.mark.parametrize(
    ("library", "files", "settings"),
    [
        (BUILT, {"libs/b/dist/b.js": ""}, {}),
        (BUILT, {}, {"node": Node(output=["dist", "libs/b/dist"])}),
        ({**BUILT, "module": "./esm/b.js"}, {"libs/b/esm/b.js": ""}, {}),
        (BUILT, {}, {"node": Node(prod_deps="none")}),
        ({"main": "b.js"}, {}, {}),
        ({"types": "dist/b.d.ts", "exports": {"./*": "./dist/*.d.ts"}}, {}, {}),
        ({"exports": {"./*": "./src/*.js"}}, {}, {}),
    ],
)
def test_a_library_that_is_there_or_made_ships(depends, library, files, settings):
    assert depends(library, files, **settings).shipped.include == ("libs/b/**",)


@pytest.mark.parametrize("library", [BUILT, {"exports": {".": {"types": "./dist/b.d.ts", "import": "./dist/b.js"}}}])
def test_a_library_that_nothing_builds_is_asked_about(depends, library):
    asked = (
        r"libs/b/package\.json:?\d*: node\.output: libs/b/dist/b\.js, by which b is "
        r"entered, is not there, .*; make it a member of a workspace, .*\(cd libs/b && npm run build\).* \[\"dist\", \"libs/b/dist\"\]"
    )
    with pytest.raises(UsageError, match=asked):
        depends(library, {})
    assert depends(library, {}, table="devDependencies").shipped is None


def test_a_member_of_a_workspace_builds_with_them(tmp_path):
    write(
        tmp_path,
        {
            "package.json": {"workspaces": ["apps/*"]},
            "package-lock.json": "{}",
            "apps/a/package.json": {"name": "a", "main": "a.js", "dependencies": {"b": "file:../../libs/b"}},
            "apps/a/a.js": "",
            "libs/b/package.json": {"name": "b"},
        },
    )
    found = detect(tmp_path, "a", Service(path="apps/a"))
    assert found.sources.include == ("apps/a/**", "libs/b/**", "package.json")
    assert found.shipped
    assert found.shipped.include == ("apps/a/**", "libs/b/**")
