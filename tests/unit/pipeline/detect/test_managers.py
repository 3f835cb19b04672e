"""The package manager: who says which it is, what is taken where nobody says a version, and how its programs are run."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect.model import Manager
from pipeline.detect.node import managers
from pipeline.detect.node.manifest import read
from pipeline.errors import UsageError

PNPM_9 = "lockfileVersion: '9.0'\n"


@pytest.fixture
def manager(tmp_path):
    def of(files, manifest="{}", **node):
        write(tmp_path, {"package.json": manifest, **files})
        own = read(tmp_path / "package.json", "a/package.json", "api")
        return managers.manager(tmp_path, "a", own, Service(path="a", node=Node(**node)), "api")

    return of


@pytest.mark.parametrize(
    ("files", "manifest", "node", "value", "source"),
    [
        ({"package-lock.json": "{}"}, {}, {}, Manager("npm"), "a/package-lock.json:1, the lockfile"),
        (
            {"pnpm-lock.yaml": PNPM_9},
            {},
            {},
            Manager("pnpm", "10.34.9"),
            "a/pnpm-lock.yaml:1, the lockfile and its format",
        ),
        (
            {"package-lock.json": "{}"},
            {"packageManager": None},
            {},
            Manager("npm"),
            "a/package-lock.json:1, the lockfile",
        ),
        (
            {"pnpm-lock.yaml": PNPM_9},
            '{\n"packageManager": "pnpm@9.1.0"}',
            {},
            Manager("pnpm", "9.1.0"),
            "a/package.json:2, packageManager",
        ),
        (
            {"pnpm-lock.yaml": PNPM_9},
            {"packageManager": "pnpm@9.1.0"},
            {"package_manager": "pnpm@8.1.0"},
            Manager("pnpm", "8.1.0"),
            "pipeline.toml",
        ),
    ],
)
def test_who_says_which_it_is(manager, files, manifest, node, value, source):
    found = manager(files, manifest, **node)
    assert (found.key, found.value, found.source) == ("node.package_manager", value, source)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (None, Manager("npm")),
        ("npm@10.0.0", Manager("npm")),
        ("pnpm", Manager("pnpm", "10.34.9")),
        ("yarn", Manager("berry", "4.18.1")),
        ("yarn@1.22.1", Manager("yarn", "1.22.1")),
        ("yarn@1", Manager("yarn", "1")),
        ("yarn@3.1.0", Manager("berry", "3.1.0")),
        ("yarn@10.0.0", Manager("berry", "10.0.0")),
    ],
)
def test_without_a_lockfile_it_is_as_asked_else_npm(manager, asked, value):
    assert manager({}, frozen=False, package_manager=asked).value == value


@pytest.mark.parametrize(
    ("lock", "content", "value"),
    [
        ("pnpm-lock.yaml", "lockfileVersion: 5.4\n", Manager("pnpm", "7.33.7")),
        ("pnpm-lock.yaml", 'lockfileVersion: "6.0"\n', Manager("pnpm", "8.15.9")),
        ("pnpm-lock.yaml", "lockfileVersion: '99.0'\n", Manager("pnpm", "10.34.9")),
        ("pnpm-lock.yaml", "settings:\n  x: 1\nlockfileVersion: '6.0'\n", Manager("pnpm", "8.15.9")),
        ("yarn.lock", "__metadata:\n  version: 4\n", Manager("berry", "2.4.2")),
        ("yarn.lock", "__metadata:\n  version: 8\n", Manager("berry", "4.9.2")),
        ("yarn.lock", "__metadata:\n  cacheKey: 8\n", Manager("berry", "4.18.1")),
        ("yarn.lock", '# __metadata\n\na@1:\n  resolved "x"\n\n__metadata@1:\n  resolved "y"\n', Manager("yarn", "1.22.22")),
    ],
)
def test_what_reads_a_lockfile_is_told_by_its_first_lines(manager, lock, content, value):
    assert manager({lock: content}).value == value


def test_a_lockfile_that_is_no_utf_8_is_read_all_the_same(manager, tmp_path):
    (tmp_path / "pnpm-lock.yaml").write_bytes(b"lockfileVersion: '6.0' \xff\n")
    assert manager({}).value == Manager("pnpm", "8.15.9")


@pytest.mark.parametrize(
    ("files", "node", "message"),
    [
        ({}, {}, r"^service api: a has no lockfile: .*; run `npm install --package-lock-only` in a and commit"),
        ({}, {"package_manager": "yarn@4.0.0"}, r"; run `yarn install` in a"),
        ({}, {"package_manager": "deno"}, r"; run `npm install --package-lock-only` in a"),
        ({"deno.lock": "{}"}, {}, r"^service api: a is locked by deno \(deno\.lock\), which is not supported"),
        ({"bun.lockb": ""}, {}, r"a is locked by bun \(bun\.lockb\)"),
        (
            {"yarn.lock": ""},
            {"package_manager": "bun@1.0.0"},
            r"^services\.api\.node\.package_manager: the package manager 'bun' is not known",
        ),
        (
            {"yarn.lock": ""},
            {"package_manager": "npm"},
            r"^services\.api\.node\.package_manager: a is locked by yarn \(yarn\.lock\), but npm is",
        ),
    ],
)
def test_what_is_refused_says_where_and_how_to_go_on(manager, files, node, message):
    with pytest.raises(UsageError, match=message) as refused:
        manager(files, **node)
    assert refused.value.service == "api"


@pytest.mark.parametrize(
    ("name", "line"),
    [("npm", "npm exec --no -- x"), ("pnpm", "pnpm exec x"), ("yarn", "yarn run --silent x"), ("berry", "yarn run x")],
)
def test_how_a_program_of_the_dependencies_is_run(name, line):
    assert managers.command(Manager(name), "x") == line
