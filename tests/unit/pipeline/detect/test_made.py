"""What a build makes and what of it runs, where a framework or a script before the start decides."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Runtime, Service
from pipeline.detect.found import Found
from pipeline.detect.model import Output, Place
from pipeline.detect.node.made import made
from pipeline.detect.node.manifest import read
from pipeline.errors import UsageError

NEXT = {"scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15"}}
STARTED = ("node", "node_modules/next/dist/bin/next", "start")


@pytest.fixture
def service(tmp_path):
    """A service in the folder web of a workspace."""

    def of(manifest, files=(), contents=(), **settings):
        write(tmp_path, {"package.json": manifest, **dict.fromkeys(files, ""), **dict(contents)})
        own = read(tmp_path / "package.json", "web/package.json", "web")
        return made(tmp_path, own, Place("web", ".", "web"), Service(path="web", **settings))

    return of


def sources(found):
    return {item.key: (item.value, item.source) for item in found.settings}


def test_next_runs_by_its_own_program_and_reads_its_settings_and_public_files(service):
    found = service(NEXT, ["public/a.png", "next.config.ts", "next.config.cjs"])
    assert (found.script, found.start, found.env) == ("build", STARTED, {})
    assert found.outputs == (Output("web/.next", "web/.next"),)
    assert found.folders == (".next",)
    assert found.files == ("public", "next.config.ts", "next.config.cjs")
    assert (found.ships_sources, found.bundled) == (False, False)
    assert sources(found) == {
        "node.build": ("build", "web/package.json:1, scripts.build"),
        "node.output": ((".next",), "web, no `output: standalone`"),
        "runtime.start": (STARTED, "web/package.json:1, scripts.start"),
    }


def test_next_starts_with_the_flags_and_variables_of_the_service(service):
    scripts = {"build": "next build", "start": "TZ=UTC next start"}
    found = service({**NEXT, "scripts": scripts}, node=Node(node_flags=["--max-old-space-size=64"]))
    assert (found.start, found.env) == (("node", "--max-old-space-size=64", *STARTED[1:]), {"TZ": "UTC"})


def test_next_without_a_start_script_is_started_where_its_build_is(service):
    found = service({**NEXT, "scripts": {"build": "next build"}})
    assert found.start == ("node", ".next/index.js")


@pytest.mark.parametrize("build", ["output: 'standalone'", '"output": "standalone"', "output: `standalone`"])
def test_next_that_stands_alone_brings_its_server_and_dependencies_along(service, tmp_path, build):
    (tmp_path / "next.config.mjs").write_text(f"export default {{\n  {build},\n}};\n")
    found = service(NEXT)
    assert (found.script, found.start, found.env) == ("build", ("node", "server.js"), {"HOSTNAME": "0.0.0.0"})
    assert found.outputs == (Output("web/.next/standalone", "."), Output("web/.next/static", "web/.next/static"))
    assert found.folders == (".next",)
    assert (found.files, found.ships_sources, found.bundled) == ((), False, True)
    told = "web/next.config.mjs:2, output: standalone"
    assert sources(found) == {
        "node.build": ("build", "web/package.json:1, scripts.build"),
        "node.output": ((".next/standalone", ".next/static"), told),
        "runtime.start": (("node", "server.js"), told),
    }


def test_next_that_stands_alone_ships_its_public_folder(service, tmp_path):
    (tmp_path / "next.config.js").write_text("module.exports = { output: 'standalone' };\n")
    assert service(NEXT, ["public/a.png"]).files == ("public",)


def test_next_that_stands_alone_starts_as_the_configuration_says(service, tmp_path):
    (tmp_path / "next.config.js").write_text("module.exports = { output: 'standalone' };\n")
    found = service(NEXT, runtime=Runtime(start=["node", "mine.js"]), node=Node(node_flags=["--inspect"]))
    assert found.start == ("node", "--inspect", "mine.js")
    assert found.settings[-1] == Found("runtime.start", ("node", "mine.js"), why="pipeline.toml")


@pytest.mark.parametrize(
    "text",
    ["output: 'export'", "mode: 'standalone'", "Xoutput: 'standalone'", "output: 'standaloneX'", "// output: 'standalone'"],
)
def test_next_that_only_seems_to_stand_alone(service, tmp_path, text):
    (tmp_path / "next.config.js").write_text(f"module.exports = {{ {text}\n}};\n")
    assert not service(NEXT).bundled


@pytest.mark.parametrize(
    ("manifest", "settings"),
    [
        ({**NEXT, "scripts": {"start": "next start"}}, {}),
        ({**NEXT, "dependencies": {}}, {}),
        (NEXT, {"node": Node(output=["out"])}),
    ],
)
def test_next_is_one_service_of_many_where_nothing_of_its_own_is_built(service, manifest, settings):
    assert service(manifest, **settings).folders != (".next",)


def test_flags_are_given_to_node_alone(service):
    flags = Node(node_flags=["--inspect"])
    assert service({"main": "a.js"}, ["a.js"], node=flags).start == ("node", "--inspect", "a.js")
    assert service({}, node=flags, runtime=Runtime(start=["sh", "-c", "x"])).start == ("sh", "-c", "x")


def test_what_a_build_makes_is_taken_to_where_it_lies_in_the_context(service):
    found = service({"scripts": {"build": "tsc", "start": "A=1 node dist/a.js"}})
    assert (found.folders, found.outputs) == (("dist",), (Output("web/dist", "web/dist"),))
    assert (found.ships_sources, found.env) == (False, {"A": "1"})
    assert sources(found)["runtime.start"] == (("node", "dist/a.js"), "web/package.json:1, scripts.start")


def test_what_a_build_makes_is_told_with_the_file_that_says_so(service, tmp_path):
    (tmp_path / "tsconfig.json").write_text('{"compilerOptions": {"outDir": "lib"}}')
    found = service({"scripts": {"build": "tsc"}})
    assert sources(found)["node.output"] == (("lib",), "web/tsconfig.json:1, compilerOptions.outDir")
    assert found.start == ("node", "lib/index.js")


def test_a_program_of_a_package_needs_no_file_of_the_service(service):
    start = "fastify start app.js"
    found = service({"scripts": {"start": start}})
    assert found.start == ("node", "node_modules/fastify-cli/cli.js", "start", "app.js")


@pytest.mark.parametrize(
    ("start", "package"),
    [
        ("node --import tsx a.ts", "tsx"),
        ("NODE_OPTIONS='-r ts-node/register' node a.ts", "ts-node"),
        ("fastify start a.ts", "fastify-cli"),
        ("next start", "next"),
    ],
)
def test_a_package_that_a_start_needs_and_no_image_has_is_told(service, start, package):
    manifest = {"scripts": {"start": start}, "devDependencies": {package: "1"}}
    asked = (
        rf"^web/package\.json:1: runtime\.start: {package}, which `node .*` needs, is for .*; move {package} to `dependencies`"
    )
    with pytest.raises(UsageError, match=asked):
        service(manifest, ["a.ts"])
    assert service(manifest, node=Node(prod_deps="all")).start[0] == "node"
    assert service({**manifest, "dependencies": {package: "1"}}).start[0] == "node"


def test_a_development_package_that_a_configured_start_or_next_needs_is_told(service):
    start = Runtime(start=["node", "--import", "tsx", "a.ts"])
    with pytest.raises(UsageError, match=r"tsx, which `node --import tsx a\.ts` needs"):
        service({"devDependencies": {"tsx": "1"}}, runtime=start)
    with pytest.raises(UsageError, match="next, which"):
        service({"scripts": NEXT["scripts"], "devDependencies": NEXT["dependencies"]})


def test_sources_ship_where_nothing_is_built_or_they_are_what_starts(service):
    assert service({"main": "a.js"}, ["a.js"]).ships_sources
    built = {"main": "a.js", "scripts": {"build": "x"}}
    assert service(built, ["a.js"], node=Node(output=["public"])).ships_sources
    assert not service(built, ["a.js"], node=Node(output=["."])).ships_sources


def test_what_node_reads_before_a_build_that_runs_is_in_the_image(service):
    start = "node --import ./instrumentation.mjs -r ./dist/b.js -r ./gone.js dist/a.js"
    found = service({"scripts": {"build": "tsc", "start": start}}, ["instrumentation.mjs"])
    assert (found.files, found.ships_sources) == (("instrumentation.mjs",), False)
    assert service({"scripts": {"start": "node --import ./b.mjs a.js"}}, ["a.js", "b.mjs"]).files == ()
    next_start = {"scripts": {"build": "next build", "start": "NODE_OPTIONS='-r ./otel' next start"}}
    assert service({**NEXT, **next_start}, ["otel.js"]).files == ("otel.js",)
    alone = Node(node_flags=["--import", "./b.mjs"])
    config = {"next.config.js": "module.exports = { output: 'standalone' }"}
    assert service(NEXT, ["b.mjs"], config, node=alone).files == ("b.mjs",)


@pytest.mark.parametrize(
    ("start", "bundled"),
    [
        ("node .output/server/index.mjs", True),
        ("node --import ./.output/server/otel.mjs ./.output/server/index.mjs", True),
        ("node -r dotenv/config .output/server/index.mjs", False),
        ("node build/server/index.js", False),
    ],
)
def test_a_server_of_nitros_brings_its_dependencies_along(service, start, bundled):
    assert service({"scripts": {"build": "nuxt build", "start": start}}).bundled is bundled


ASTRO = {"scripts": {"build": "astro build"}, "dependencies": {"@astrojs/node": "9", "astro": "5"}}


@pytest.mark.parametrize(
    ("scripts", "address"),
    [
        ({}, "0.0.0.0"),
        ({"start": "astro preview"}, "0.0.0.0"),
        ({"start": "node ./dist/server/entry.mjs"}, "0.0.0.0"),
        ({"start": "HOST=:: node ./dist/server/entry.mjs"}, "::"),
    ],
)
def test_a_server_of_astros_listens_beyond_its_own_machine(service, scripts, address):
    found = service({**ASTRO, "scripts": {**ASTRO["scripts"], **scripts}})
    assert found.start[1].endswith("dist/server/entry.mjs")
    assert (found.env, found.port, found.bundled) == ({"HOST": address}, 4321, False)
    assert found.outputs == (Output("web/dist", "web/dist"),)


@pytest.mark.parametrize(
    ("start", "env"),
    [
        ("fastify start app.js", {"FASTIFY_ADDRESS": "0.0.0.0"}),
        ("FASTIFY_ADDRESS=:: fastify start app.js", {"FASTIFY_ADDRESS": "::"}),
        ("fastify start -a 0.0.0.0 app.js", {}),
        ("fastify start --address=0.0.0.0 app.js", {}),
        ("node app.js", {}),
    ],
)
def test_a_server_of_fastifys_listens_beyond_its_own_machine(service, start, env):
    assert service({"scripts": {"start": start}, "dependencies": {"fastify-cli": "8"}}, ["app.js"]).env == env


def test_a_server_that_uses_astros_as_a_part_is_told_nothing(service):
    found = service({**ASTRO, "scripts": {**ASTRO["scripts"], "start": "node dist/own.mjs"}})
    assert (found.env, found.port) == ({}, 3000)
    assert service({"scripts": {"build": "x", "start": "node dist/server/entry.mjs"}}).env == {}


def test_a_start_of_a_folder_starts_what_is_built_there(service):
    manifest = {"scripts": {"build": "vite build", "start": "node build"}}
    found = service(manifest)
    assert (found.start, found.folders, found.ships_sources) == (("node", "build"), ("build",), False)
    assert service(manifest, ["build/index.js"]) == found


def test_a_start_of_the_folder_itself_starts_what_main_names(service):
    found = service({"main": "dist/a.js", "scripts": {"start": "node .", "build": "tsc"}})
    assert (found.start, found.folders, found.ships_sources) == (("node", "."), ("dist",), False)
    assert service({"main": "a.js", "scripts": {"start": "node ./"}}, ["a.js"]).ships_sources
    assert service({"main": "dist/a.js", "scripts": {"start": "node .", "prestart": "tsc"}}).script == "prestart"
    with pytest.raises(UsageError, match=r"runtime\.start: lib/a\.js, which starts, is neither there"):
        service({"main": "lib/a.js", "scripts": {"start": "node ."}})


@pytest.mark.parametrize(
    ("build", "script", "source"),
    [
        (None, "build", "web/package.json:1, scripts.build"),
        ("compile", "compile", "pipeline.toml"),
        (False, "", "pipeline.toml"),
    ],
)
def test_the_build_script_is_the_one_that_is_asked_for(service, build, script, source):
    scripts = {"build": "tsc", "compile": "swc", "start": "node a.js"}
    found = service({"scripts": scripts}, ["a.js"], node=Node(build=build, output=[]))
    assert (found.script, sources(found)["node.build"]) == (script, (script or False, source))


def test_a_build_script_that_is_none_is_refused_with_those_there_are(service):
    with pytest.raises(UsageError, match=r"web/package\.json: no script 'x'; its scripts are a, b; correct `node\.build`"):
        service({"scripts": {"b": "", "a": ""}}, node=Node(build="x"))
    with pytest.raises(UsageError, match="its scripts are none;"):
        service({}, node=Node(build="x"))


def test_without_a_build_script_nothing_is_built(service):
    assert sources(service({"main": "a.js"}, ["a.js"]))["node.build"] == (False, "web/package.json, no script `build`")


def test_the_script_before_the_start_builds_what_it_starts(service):
    found = service({"scripts": {"prestart": "tsc", "start": "node dist/a.js"}})
    assert (found.script, sources(found)["node.build"]) == ("prestart", ("prestart", "web/package.json:1, scripts.prestart"))


@pytest.mark.parametrize(
    ("scripts", "files"),
    [
        ({"prestart": "migrate", "start": "node a.js"}, ["a.js"]),
        ({"prestart": "migrate", "start": "node --test"}, []),
        ({"prestart": "migrate", "start": "node ."}, ["a.js"]),
        ({"prestart": "tsc", "start:prod": "node a.js", "start": "node b.js"}, ["a.js"]),
    ],
)
def test_the_script_before_a_start_that_needs_no_build_is_none(service, scripts, files):
    assert service({"scripts": scripts, "main": "a.js"}, files).script == ""


def test_what_starts_and_is_nowhere_is_told_with_what_is_built(service):
    manifest = {"scripts": {"build": "tsc", "start": "node lost/a.js"}}
    asked = (
        r"web/package\.json:1: runtime\.start: lost/a\.js, which starts, is neither there nor .* \(dist, lib\); set the command"
    )
    with pytest.raises(UsageError, match=asked):
        service(manifest, node=Node(output=["dist", "lib"]))
    by_convention = r"^web/package\.json: runtime\.start: dist/index\.js, which starts"
    with pytest.raises(UsageError, match=by_convention):
        service({"scripts": {"build": "tsc"}}, node=Node(output=["lib"]))
    with pytest.raises(UsageError, match=r"\(nothing is built\)"):
        service({"main": "a.js"})
