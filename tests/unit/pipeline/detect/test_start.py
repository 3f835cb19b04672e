"""The start command: out of scripts that run a program by themselves, never out of a development server."""

from __future__ import annotations

import pytest

from pipeline.config import Runtime, Service
from pipeline.detect.node.manifest import Manifest
from pipeline.detect.node.start import entry, start
from pipeline.errors import UsageError


def found(tmp_path, data, built="dist"):
    return start(tmp_path, Manifest(data, "x/package.json", {}), Service(path="x"), built=built)


@pytest.mark.parametrize(
    ("scripts", "command", "env"),
    [
        ({"start": "node dist/index.js"}, "node dist/index.js", {}),
        ({"start": "nest start", "start:prod": "node dist/main"}, "node dist/main", {}),
        ({"start": "NODE_ENV=production node -r dotenv/config a.js"}, "node -r dotenv/config a.js", {"NODE_ENV": "production"}),
        ({"start": "cross-env A=1 node a.js"}, "node a.js", {"A": "1"}),
        ({"start": "next start -p 80"}, "node node_modules/next/dist/bin/next start -p 80", {}),
        ({"start": "npm run serve", "serve": "yarn node:only", "node:only": "node a.js"}, "node a.js", {}),
        ({"start": "A=1 pnpm --silent go", "go": "B=2 node a.js"}, "node a.js", {"A": "1", "B": "2"}),
        ({"prod": "node --require tsx/cjs server.ts"}, "node --require tsx/cjs server.ts", {}),
        ({"start": "fastify start app.js"}, "node node_modules/fastify-cli/cli.js start app.js", {}),
    ],
)
def test_scripts_that_start_a_program(tmp_path, scripts, command, env):
    value = found(tmp_path, {"scripts": scripts}).value
    assert (" ".join(value.command), dict(value.env)) == (command, env)


@pytest.mark.parametrize(
    "script",
    [
        "npm start",
        "npm run build --if-present",
        "nodemon a.js",
        "npm run build && node a.js",
        "next dev",
        "ts-node a.ts",
        "fastify start -w app.js",
        "node 'a",
    ],
)
def test_scripts_that_need_a_shell_or_serve_for_development(tmp_path, script):
    with pytest.raises(UsageError, match=r"starts no program by itself; set the command: `runtime = \{ start"):
        found(tmp_path, {"scripts": {"start": script}})
    assert found(tmp_path, {"scripts": {"start": script}, "main": "m.js"}).value.command == ("node", "m.js")
    (tmp_path / "server.js").touch()
    assert found(tmp_path, {"scripts": {"start": script}}).value.command == ("node", "server.js")


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ({"start": "node a.js", "migrate": "knex migrate:latest"}, "migrate"),
        ({"start": "node a.js", "db:migrate:deploy": "prisma migrate deploy"}, "db:migrate:deploy"),
        ({"start": "node a.js", "migrate:make": "knex migrate:make"}, ""),
        ({"start": "node a.js"}, ""),
    ],
)
def test_migrations_that_no_start_runs(tmp_path, scripts, told):
    why = found(tmp_path, {"scripts": scripts}).why
    assert why == (f"scripts.start; the script {told} is not part of it" if told else "scripts.start")


def test_nothing_starts(tmp_path):
    assert found(tmp_path, {}).value.command == ("node", "dist/index.js")
    with pytest.raises(UsageError, match="it cannot be told what starts the service"):
        found(tmp_path, {}, built="")
    (tmp_path / "index.js").touch()
    assert found(tmp_path, {}, built="").value.command == ("node", "index.js")


def test_the_configuration_wins(tmp_path):
    settings = Service(path="x", runtime=Runtime(start=["sh", "-c", "x"]))
    value = start(tmp_path, Manifest({"main": "m.js"}, "", {}), settings, built="dist")
    assert (value.value.command, value.source) == (("sh", "-c", "x"), "pipeline.toml")


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("node dist/index.js", "dist/index.js"),
        ("node --enable-source-maps -r dotenv/config ./build/a.js --flag", "build/a.js"),
        ("node node_modules/next/dist/bin/next start", ""),
    ],
)
def test_the_file_that_a_command_runs(command, file):
    assert entry(tuple(command.split())) == file
