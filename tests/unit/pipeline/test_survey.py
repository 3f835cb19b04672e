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
from pipeline.detect.survey import as_toml

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
    assert "# ASKED: go.main: services/jobs has several main packages: ./cmd/a, ./cmd/b; name one in [services.jobs.go]" in text


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
