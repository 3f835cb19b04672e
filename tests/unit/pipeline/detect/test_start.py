"""The start command: out of scripts that run a program by themselves, never out of a development server."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Runtime, Service
from pipeline.detect.node.manifest import Manifest
from pipeline.detect.node.start import entry, file_of, start
from pipeline.errors import UsageError

SERVICE = Service(path="x")


def found(tmp_path, data, built="dist"):
    return start(tmp_path, Manifest(data, "x/package.json", {}), SERVICE, built=built)


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
        ({"start": "strapi start"}, "node node_modules/@strapi/strapi/bin/strapi.js start", {}),
        ({"start": "remix-serve build"}, "node node_modules/@remix-run/serve/dist/cli.js build", {}),
        ({"start": "react-router-serve build"}, "node node_modules/@react-router/serve/bin.cjs build", {}),
        ({"start": "exec node a.js"}, "node a.js", {}),
        ({"start": "env A=b=c B= node a.js"}, "node a.js", {"A": "b=c", "B": ""}),
        ({"start": "PORT=${PORT:-80} B=${B-} node a.js"}, "node a.js", {"PORT": "80", "B": ""}),
        ({"start": "A=1 npm run -s go", "go": "A=2 node a.js"}, "node a.js", {"A": "2"}),
        ({"start": "nodemon a.js", "prod": "npm run go", "go": "node b.js"}, "node b.js", {}),
        ({"production": "node a.js", "prod": "node b.js"}, "node b.js", {}),
        ({"prod": "node a.js", "start": "node b.js"}, "node b.js", {}),
        ({"start": "node a.js", "start:production": "node b.js"}, "node b.js", {}),
        ({"start:production": "node a.js", "start:prod": "node b.js"}, "node b.js", {}),
        ({"production": "node a.js"}, "node a.js", {}),
        ({"start": "URL='pg://x/y?a=1&b=2' node a.js"}, "node a.js", {"URL": "pg://x/y?a=1&b=2"}),
        ({"start": 'cross-env URL="x?a=1&b=2" node a.js'}, "node a.js", {"URL": "x?a=1&b=2"}),
    ],
)
def test_scripts_that_start_a_program(tmp_path, scripts, command, env):
    value = found(tmp_path, {"scripts": scripts}).value
    assert (" ".join(value.command), dict(value.env)) == (command, env)


DEVELOPMENT = [
    "npm start",
    "npm run build --if-present",
    "nodemon a.js",
    "next dev",
    "ts-node a.ts",
    "fastify start -w app.js",
    "npm run gone",
    "npm",
    "npm run lint test",
    "a=1 node a.js",
    "A=1",
    "nuxt dev",
    "nuxt start",
    "strapi develop",
]
SHELL = [
    "npm run build && node a.js",
    "node 'a",
    "node a.js > log",
    "node a.js $PORT",
    "PORT=$WEB_PORT node a.js",
    "PORT=${WEB_PORT:-80} node a.js",
    "PORT=${PORT:-$WEB_PORT} node a.js",
    "A=1 npm run go -- $B",
    "A=`cat b` npm run go",
    "node a.js; x",
    "node *.js",
]


@pytest.mark.parametrize("script", [*DEVELOPMENT, *SHELL, ""])
def test_scripts_that_need_a_shell_or_serve_for_development(tmp_path, script):
    with pytest.raises(UsageError, match=r"starts no program by itself.*; .*set the command: `runtime = \{ start"):
        found(tmp_path, {"scripts": {"start": script}})


@pytest.mark.parametrize("script", DEVELOPMENT)
def test_what_starts_in_the_place_of_a_script_for_development_is_told(tmp_path, script):
    told = found(tmp_path, {"scripts": {"start": script}, "main": "m.js"})
    assert (told.value.command, told.why) == (("node", "m.js"), "main; scripts.start starts no program by itself")
    (tmp_path / "server.js").touch()
    told = found(tmp_path, {"scripts": {"start": script}})
    assert (told.value.command, told.why) == (
        ("node", "server.js"),
        "server.js is there; scripts.start starts no program by itself",
    )


@pytest.mark.parametrize("script", SHELL)
def test_whether_something_else_does_what_a_shell_would_is_asked(tmp_path, script):
    lines = {("scripts", "start"): 4}
    asked = (
        r"^x/package\.json:4: runtime\.start: the script 'start' \(`.*`\) takes a shell, .* whether m\.js does the same; set"
    )
    with pytest.raises(UsageError, match=asked):
        start(
            tmp_path, Manifest({"scripts": {"start": script}, "main": "m.js"}, "x/package.json", lines), SERVICE, built="dist"
        )
    (tmp_path / "server.js").touch()
    with pytest.raises(UsageError, match=r'"server\.js"\] }`, or, with a shell in the image, \["sh", "-c", "'):
        found(tmp_path, {"scripts": {"start": script}})


@pytest.mark.parametrize(
    ("script", "main", "command", "env"),
    [
        ("npm run build && node --env-file=.env --title a a.js", "a.js", "node --title a a.js", {}),
        ("node migrate.js; exec node ./lib/index.js", "lib", "node ./lib/index.js", {}),
        ("A=1 npm run go > log", "./b.js", "node b.js", {"A": "1"}),
        ("node . | pino-pretty", "b.js", "node .", {}),
    ],
)
def test_what_a_shell_would_start_is_taken_and_the_rest_of_it_told(tmp_path, script, main, command, env):
    told = found(tmp_path, {"scripts": {"start": script, "go": "node b.js"}, "main": main})
    assert (" ".join(told.value.command), told.value.env) == (command, env)
    assert told.source == "x/package.json, scripts.start; what else it has a shell do is not part of it"


def test_what_stands_in_for_no_script_is_told_without_one(tmp_path):
    assert found(tmp_path, {"scripts": {"start": " "}, "main": "m.js"}).why == "main"


@pytest.mark.parametrize(
    ("script", "dependencies", "asked"),
    [
        (
            "tsx src/a.ts",
            {},
            (
                r"by itself, and tsx is for development: no image has it; compile src/a\.ts by a script `build`, and "
                r"set the command: .*\[\"node\", \"dist/a\.js\"\] }`; or make tsx one of `dependencies`, and set the command: "
                r'.*\["node", "--import", "tsx", "src/a\.ts"\]'
            ),
        ),
        (
            "A=1 ts-node src/a.ts",
            {"ts-node": "1"},
            r"by itself; compile .*; or set .*\"--require\", \"ts-node/register\", \"src/a",
        ),
        ("nodemon --exec x a.ts", {}, r"nodemon is for development: no image has it; compile a\.ts .*\"dist/a\.js\"\] }`$"),
        (
            "nodemon -w lib a.js",
            {},
            r'nodemon is for development: .*; set the command: `runtime = { start = \["node", "a\.js"\] }`$',
        ),
        (
            "nodemon",
            {},
            r'nodemon is for development: .*; set the command: `runtime = { start = \["node", "dist/index\.js"\] }`$',
        ),
    ],
)
def test_a_tool_that_no_image_has_is_told_with_what_starts_the_same(tmp_path, script, dependencies, asked):
    with pytest.raises(UsageError, match=asked):
        found(tmp_path, {"scripts": {"start": script}, "dependencies": dependencies})


def test_a_main_that_is_nowhere_hides_no_script(tmp_path):
    data = {"scripts": {"start": "tsx src/a.ts"}, "main": "index.js"}
    with pytest.raises(UsageError, match="tsx is for development"):
        found(tmp_path, data, built="")
    assert found(tmp_path, data).value.command == ("node", "index.js")
    (tmp_path / "index.js").touch()
    assert found(tmp_path, data, built="").value.command == ("node", "index.js")


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ({"start": "node a.js", "migrate": "knex migrate:latest"}, "migrate"),
        ({"start": "node a.js", "db:migrate:deploy": "prisma migrate deploy"}, "db:migrate:deploy"),
        ({"start": "node a.js", "migrate:make": "knex migrate:make"}, ""),
        ({"start": "node a.js", "migrations:run": "x", "migrate:up": "x"}, "migrations:run"),
        ({"start": "node a.js", "premigrate": "x"}, ""),
        ({"start": "node a.js"}, ""),
    ],
)
def test_migrations_that_no_start_runs(tmp_path, scripts, told):
    why = found(tmp_path, {"scripts": scripts}).why
    assert why == (f"scripts.start; the script {told} is not part of it" if told else "scripts.start")


def test_a_start_reads_no_variables_out_of_a_file_that_no_image_has(tmp_path):
    told = found(tmp_path, {"scripts": {"start": "node --env-file=.env a.js", "migrate": "x"}})
    assert told.value.command == ("node", "a.js")
    assert told.why == "scripts.start; no image has a .env; the script migrate is not part of it"


@pytest.mark.parametrize(
    ("key", "package", "scripts", "file"),
    [
        ("dependencies", "nuxt", {}, ".output/server/index.mjs"),
        ("dependencies", "nuxt", {"start": "nuxt start"}, ".output/server/index.mjs"),
        ("devDependencies", "@sveltejs/adapter-node", {"start": "vite dev"}, "build/index.js"),
        ("dependencies", "nuxt", {"start": "node a.js"}, "a.js"),
        ("dependencies", "@astrojs/node", {"start": "astro dev"}, "dist/server/entry.mjs"),
    ],
)
def test_what_a_frameworks_build_makes_starts_unless_a_script_does(tmp_path, key, package, scripts, file):
    data = {key: {package: "1"}, "scripts": scripts, "main": "index.js"}
    assert found(tmp_path, data).value.command == ("node", file)
    if not scripts:
        assert found(tmp_path, data).source == f"x/package.json, {package} makes it"
        assert found(tmp_path, data, built="").value.command == ("node", "index.js")


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
        ("node node_modules/fastify-cli/cli.js start app.js", "app.js"),
        ("node --require a --import b --loader c --env-file d e.js", "e.js"),
        ("node --import=a b.js c.js", "b.js"),
        ("node --env-file-if-exists .env -C production --title a --conditions b c.js", "c.js"),
        ("node start", "start"),
        ("node node_modules/next/dist/bin/next start web", "web"),
        ("node", ""),
        ("./bin/a b.js", "bin/a"),
    ],
)
def test_the_file_that_a_command_runs(command, file):
    assert entry(tuple(command.split())) == file


@pytest.mark.parametrize("command", ["node .", "node ./", "node -r a . b"])
@pytest.mark.parametrize(
    ("main", "file"),
    [
        ("a.js", "a.js"),
        ("./dist/a.js", "dist/a.js"),
        ("dist/", "dist/"),
        (".", "index.js"),
        ("./", "index.js"),
        ("", "index.js"),
        (1, "index.js"),
    ],
)
def test_the_folder_itself_stands_for_what_main_names(command, main, file):
    assert entry(tuple(command.split()), main) == file


@pytest.mark.parametrize(
    ("data", "files", "command", "source"),
    [
        ({"scripts": {"start": "node a.js"}, "main": "m.js"}, ["server.js"], "node a.js", "x/package.json, scripts.start"),
        ({"main": "m.js"}, ["server.js", "index.js"], "node m.js", "x/package.json, main"),
        ({"main": ["m.js"]}, ["server.js", "index.js"], "node server.js", "x/package.json, server.js is there"),
        ({}, ["index.js"], "node dist/index.js", "by convention"),
    ],
)
def test_what_starts_is_told_by_a_script_then_main_then_a_file_of_that_name(tmp_path, data, files, command, source):
    for name in files:
        (tmp_path / name).touch()
    told = found(tmp_path, data)
    assert (told.key, " ".join(told.value.command), told.source) == ("runtime.start", command, source)


def test_where_nothing_is_built_an_index_starts(tmp_path):
    (tmp_path / "index.js").touch()
    assert found(tmp_path, {}, built="").source == "x/package.json, index.js is there"


def test_a_start_that_cannot_be_told_is_asked_about_where_it_would_stand(tmp_path):
    manifest = Manifest({"scripts": {"prod": "x", "start": "nodemon"}}, "x/package.json", {("scripts", "start"): 7})
    with pytest.raises(UsageError, match=r"^x/package\.json:7: runtime\.start: the script 'start' \(`nodemon`\)"):
        start(tmp_path, manifest, Service(path="x"), built="dist")
    with pytest.raises(
        UsageError, match=r"^x/package\.json: runtime\.start: no start script, .*; set the command: `runtime = \{ start"
    ):
        found(tmp_path, {}, built="")


@pytest.mark.parametrize(
    ("files", "name", "source"),
    [
        (["a.js"], "a.js", "a.js"),
        (["a.cjs", "a.mjs"], "a", "a.cjs"),
        (["a.mjs"], "a", "a.mjs"),
        (["a.js", "a.cjs", "a/index.js"], "a", "a.js"),
        (["a/index.js"], "a", "a/index.js"),
        (["b/a.js"], "b/a", "b/a.js"),
        (["dist/a.js"], "dist/a.js", ""),
        (["dist/b/a.js"], "dist/b/a.js", ""),
        (["a.ts"], "a", ""),
        (["a.js"], "/a.js", ""),
        ([".js"], "", ""),
    ],
)
def test_the_source_that_node_takes_for_a_name(tmp_path, files, name, source):
    write(tmp_path, dict.fromkeys(files, ""))
    assert file_of(tmp_path, name) == source


def test_a_file_of_this_machine_is_no_source(tmp_path):
    (tmp_path / "a.js").touch()
    assert file_of(tmp_path / "b", f"{tmp_path}/a.js") == ""
