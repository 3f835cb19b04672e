"""A repository that nobody described: what is found in it, and what is written down."""

from __future__ import annotations

import json
import tomllib

import pytest
from trees import write
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load
from pipeline.detect import survey
from pipeline.detect.found import Found
from pipeline.detect.survey import Candidate, Survey, as_text, as_toml, undecided

GO_MAIN = "package main\n\nfunc main() {}\n"


@pytest.fixture
def monorepo(tmp_path):
    root = tmp_path / "Shop"
    server = {"scripts": {"start": "node index.js"}, "dependencies": {"express": "5"}}
    write(
        root,
        {
            "package.json": {"private": True, "workspaces": ["packages/*"]},
            "apps/api/package.json": server,
            "apps/api/package-lock.json": {},
            "apps/api/index.js": "listen(4000)",
            "apps/site/package.json": {"scripts": {"start": "vite", "build": "vite build"}},
            "packages/shared/package.json": {"name": "shared", "main": "index.js"},
            "services/api/go.mod": "module shop/api\n\ngo 1.26\n",
            "services/api/main.go": GO_MAIN,
            "services/jobs/go.mod": "module shop/jobs\n\ngo 1.26\n",
            "services/jobs/cmd/a/main.go": GO_MAIN,
            "services/jobs/cmd/b/main.go": GO_MAIN,
            "lib/go.mod": "module shop/lib\n\ngo 1.26\n",
            "lib/lib.go": "package lib\n",
            "node_modules/x/package.json": server,
        },
    )
    return root


def test_services_are_told_from_what_is_none(monorepo):
    found = survey(monorepo)
    assert [(item.name, item.kind, item.path) for item in found.services] == [
        ("api", "node", "apps/api"),
        ("services-api", "go", "services/api"),
        ("jobs", "go", "services/jobs"),
    ]
    assert found.left_out == {
        ".": "the root of a workspace",
        "apps/site": "`vite` serves for development alone",
        "packages/shared": "no start script, and nothing that serves",
        "lib": "no main package: a library",
    }


def test_the_file_is_valid_as_it_stands_and_with_every_comment_taken_away(monorepo):
    text = as_toml(survey(monorepo))
    (monorepo / "pipeline.toml").write_text(text)
    services = load(monorepo, environ={}).services
    assert {name: settings.path for name, settings in services.items()}["jobs"] == "services/jobs"
    assert "# port = 4000" in text
    assert "apps/api/index.js:1, what it listens on" in text
    told = "".join(
        line.removeprefix("# ") + "\n"
        for line in text.splitlines()
        if not line.startswith(("# Left", "#  ", "# ASKED", "# W", "# take"))
    )
    assert tomllib.loads(told)["services"]["api"]["port"] == 4000


def test_what_cannot_be_known_is_asked_by_name(monorepo):
    text = as_toml(survey(monorepo))
    assert (
        "# ASKED: services.jobs.go.main: services/jobs has several main packages: ./cmd/a, ./cmd/b; name one in [services.jobs.go]"
        in text
    )


def test_init_writes_once(monorepo):
    first = CliRunner().invoke(app, ["init", str(monorepo)])
    assert first.exit_code == 0
    assert "jobs          go    services/jobs  needs a decision" in first.stdout
    (monorepo / "pipeline.toml").write_text("# mine\n")
    again = CliRunner().invoke(app, ["init", str(monorepo)])
    assert (again.exit_code, again.stderr) == (2, f"pipeline: {monorepo}/pipeline.toml exists; `--force` writes it anew\n")
    assert (monorepo / "pipeline.toml").read_text() == "# mine\n"
    assert CliRunner().invoke(app, ["init", str(monorepo), "--force"]).exit_code == 0
    assert "[services.api]" in (monorepo / "pipeline.toml").read_text()
    assert sorted(path.name for path in monorepo.glob("*pipeline*")) == ["pipeline.toml"]


def test_init_of_nothing(tmp_path):
    done = CliRunner().invoke(app, ["init", str(tmp_path)])
    assert done.exit_code == 2
    assert (
        done.stderr
        == "pipeline: there is no pipeline.toml, and no service was found; point --root to the folder that has them; `pipeline init` writes the file where there is a package.json or a go.mod, or name a folder in it yourself: `[services.NAME]` with its `path`\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_plan_without_a_file(monorepo):
    (monorepo / "services/jobs/cmd/b/main.go").unlink()
    done = CliRunner().invoke(app, ["plan", "--root", str(monorepo), "--format", "json"])
    assert done.exit_code == 0, done.stderr
    plan = {item["service_name"]: item for item in json.loads(done.stdout)}
    assert list(plan) == ["api", "services-api", "jobs"]
    assert {"key": "port", "value": 4000, "file": "apps/api/index.js", "line": 1, "why": "what it listens on"} in plan["api"][
        "settings"
    ]


def test_a_build_without_a_file_ends_with_the_question(monorepo):
    done = CliRunner().invoke(app, ["build", "--root", str(monorepo)])
    assert done.exit_code == 2
    assert "services.jobs.go.main: there is no pipeline.toml, and of services/jobs something has to be decided" in done.stderr
    assert "./cmd/a, ./cmd/b" in done.stderr


def test_two_kinds_in_one_folder(tmp_path):
    write(
        tmp_path,
        {
            "go.mod": "module x\n\ngo 1.26\n",
            "main.go": GO_MAIN,
            "package.json": {"scripts": {"start": "node x.js"}},
            "package-lock.json": {},
        },
    )
    found = survey(tmp_path)
    assert [item.kind for item in found.services] == ["node", "go"]
    assert tomllib.loads(as_toml(found))["services"][found.services[1].name] == {"path": ".", "kind": "go"}


SERVES = {"scripts": {"start": "node a.js"}, "dependencies": {"express": "5"}}


@pytest.mark.parametrize(
    ("manifest", "files", "reason"),
    [
        ({"dependencies": {"koa": "3"}}, [], ""),
        ({"scripts": {"start": "vite"}, "dependencies": {"hono": "4"}}, [], ""),
        ({"scripts": {"start": "node a.js"}}, [], ""),
        ({"scripts": {"start": "vite", "start:prod": "node a.js"}}, [], ""),
        ({}, ["server.js"], ""),
        ({**SERVES, "workspaces": ["x"]}, [], ""),
        (SERVES, ["pnpm-workspace.yaml"], ""),
        ({**SERVES, "exports": "./a.js"}, [], ""),
        ({"private": True, "exports": "./a.js", "dependencies": {"koa": "3"}}, [], ""),
        ({"exports": "./a.js", "dependencies": {"koa": "3"}}, [], "a library"),
        ({"devDependencies": {"koa": "3"}}, [], "no start script, and nothing that serves"),
        ([], [], "no start script, and nothing that serves"),
        ({"scripts": {"start": "node a.js"}, "workspaces": []}, [], "the root of a workspace"),
        ({"dependencies": {"koa": "3"}}, ["pnpm-workspace.yaml"], "the root of a workspace"),
        ({"scripts": {"start": "A=1 npx webpack serve"}}, [], "`A=1 npx webpack serve` serves for development alone"),
        ({"scripts": {"start": "node vite"}}, [], ""),
        ({"scripts": {"build": "nuxt build"}, "dependencies": {"nuxt": "3"}}, [], ""),
        ({"scripts": {"build": "b", "start": "vite dev"}, "devDependencies": {"@sveltejs/adapter-node": "5"}}, [], ""),
        ({"scripts": {"build": "astro build", "start": "astro dev"}, "dependencies": {"@astrojs/node": "9"}}, [], ""),
        ({"devDependencies": {"nuxt": "3"}}, [], "no start script, and nothing that serves"),
        ({"scripts": {"start": "vitest-server"}}, [], ""),
    ],
)
def test_which_packages_are_services(tmp_path, manifest, files, reason):
    write(tmp_path, {"a/package.json": manifest, **{f"a/{name}": "" for name in files}})
    found = survey(tmp_path)
    assert (dict(found.left_out), len(found.services)) == (({"a": reason}, 0) if reason else ({}, 1))


@pytest.mark.parametrize(
    "folder",
    [
        "node_modules",
        "vendor",
        "dist",
        "test",
        "e2e",
        "example",
        "api-example",
        "api-examples",
        ".cache",
        "_old",
        "x/fixtures/y",
    ],
)
def test_services_are_not_looked_for_among_examples_and_tests(tmp_path, folder):
    write(tmp_path, {f"{folder}/package.json": SERVES})
    assert survey(tmp_path) == Survey(())


def test_names_are_made_of_folders_and_no_two_are_the_same(tmp_path):
    root = tmp_path / "My Shop!"
    folders = ["a/web", "a/web-6", "b/web", "--", "x.y_Z"]
    write(root, {"package.json": SERVES, **{f"{folder}/package.json": SERVES for folder in folders}})
    write(root, {"web/package.json": SERVES, "web/go.mod": "module web\n\ngo 1.26\n", "web/main.go": GO_MAIN})
    assert [(item.path, item.name) for item in survey(root).services] == [
        (".", "my-shop"),
        ("--", "service"),
        ("a/web", "web"),
        ("a/web-6", "web-6"),
        ("b/web", "b-web"),
        ("web", "web-2"),
        ("web", "web-3"),
        ("x.y_Z", "x-y-z"),
    ]


def found(key, value, line=0, why=""):
    return Found(key, value, "a/package.json" if line else "", line, why)


SURVEY = Survey(
    (
        Candidate("api", "a", "node", (found("port", 80, 3, "listens"), found("node.output", ("d",)))),
        Candidate("long-name", "b", "go", question="one\ntwo", key="go.main"),
    ),
    {"c": "a library", ".": "none"},
)


def test_the_survey_for_people():
    assert as_text(SURVEY) == (
        "api        node  a\n"
        "long-name  go    b  needs a decision\n"
        "c: left out: a library\n"
        ".: left out: none\n"
        "\n"
        "long-name: one\n"
        "two\n"
    )
    assert as_text(Survey((), {"c": "a library"})) == "c: left out: a library\n"


def test_the_survey_as_a_file():
    assert as_toml(SURVEY) == (
        "# Written by `pipeline init`. Every key but `path` has a detected default, shown below with the place that says so:\n"
        "# take its # away to decide otherwise.\n"
        "\n"
        "[services.api]\n"
        'path = "a"\n'
        "# port = 80            # a/package.json:3, listens\n"
        '# node.output = ["d"]\n'
        "\n"
        "[services.long-name]\n"
        'path = "b"\n'
        "# ASKED: one\n"
        "# ASKED: two\n"
        "\n"
        "# Left out:\n"
        "#   c: a library\n"
        "#   .: none\n"
    )


def test_a_file_has_a_kind_only_where_a_folder_holds_two():
    kinds = {"api": ("a", "node"), "tool": ("a", "go"), "web": ("b", "node")}
    two = Survey(tuple(Candidate(name, path, kind) for name, (path, kind) in kinds.items()))
    services = tomllib.loads(as_toml(two))["services"]
    assert {name: item.get("kind") for name, item in services.items()} == {"api": "node", "tool": "go", "web": None}
    assert two.as_config() == {"services": {name: {"path": path, "kind": kind} for name, (path, kind) in kinds.items()}}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (found("a", ()), False),
        (found("a", ""), False),
        (found("a", False), True),
        (found("a", ("x",)), True),
        (found("a", (), 1), True),
    ],
)
def test_values_are_told_in_a_file_that_are_not_empty_or_have_a_place(entry, told):
    assert ("# a = " in as_toml(Survey((Candidate("x", "x", "go", (entry,)),)))) is told


def test_what_is_undecided_is_told_with_the_key_that_decides_it():
    error = undecided(SURVEY)
    assert error.key == "services.long-name.go.main"
    assert error.message.endswith("of b something has to be decided: one\ntwo")
    assert undecided(Survey((Candidate("x", "x", "go", question="?"),))).key == ""


def test_a_repository_without_a_service_is_told_with_what_was_left_out():
    error = undecided(Survey((), {"a": "a library", "b": "none"}))
    assert error.message == "there is no pipeline.toml, and no service was found; a: a library; b: none"
