"""What a Node service is as a whole: in a workspace and alone, what is read, what ships, where each value comes from."""

from __future__ import annotations

import json

import pytest
from trees import write

from pipeline.config import Node, Runtime, Service
from pipeline.detect import detect
from pipeline.detect.model import Output, Place
from pipeline.detect.sources import NODE_INSTALLS, NOT_SOURCES
from pipeline.errors import UsageError

BERRY = "__metadata:\n  version: 8\n"
NEVER = {"**/.next", "**/.nuxt", "**/.output", "**/.turbo"}


@pytest.fixture
def service(tmp_path):
    """A service alone in the folder `a`."""

    def of(manifest, there=(), **settings):
        write(tmp_path, {"a/package.json": manifest, "a/package-lock.json": "{}", **{f"a/{name}": "" for name in there}})
        return detect(tmp_path, "a", Service(path="a", **settings))

    return of


@pytest.fixture
def member(tmp_path):
    """The member `apps/api` of a workspace that needs two libraries, of which one is built."""
    write(
        tmp_path,
        {
            "package.json": {"name": "root", "private": True, "workspaces": ["apps/*", "libs/*"], "engines": {"node": "24"}},
            "package-lock.json": "{}",
            "apps/api/package.json": {
                "name": "@x/api",
                "version": "1.2.3",
                "scripts": {"build": "tsc", "test": "x", "lint": "y", "start": "A=1 node dist/a.js"},
                "dependencies": {"built": "*", "plain": "*"},
            },
            "apps/web/package.json": {"name": "web"},
            "libs/built/package.json": {"name": "built", "main": "lib/a.js", "scripts": {"build": "tsc"}},
            "libs/plain/package.json": {"name": "plain"},
        },
    )

    def of(there=(), **settings):
        write(tmp_path, dict(there))
        return detect(tmp_path, "api", Service(path="apps/api", **settings))

    return of


def sources(found):
    return {item.key: (item.value, item.source) for item in found.settings}


def test_a_service_alone_is_its_own_context(service):
    found = service({"main": "a.js"}, ["a.js"])
    assert found.place == Place("a", "a", ".")
    assert (found.install.members, found.install.focus, found.install.frozen) == ((".",), "", True)
    assert list(found.install.manifests) == list(found.runtime_manifests) == ["package.json"]
    assert (found.sources.include, found.builds, found.output, found.release) == ((), (), (), "")
    assert "node.workspace" not in sources(found)


def test_a_member_is_built_after_its_libraries_and_takes_in_no_others(member):
    found = member({"tsconfig.json": "{}", ".swcrc": "", "a.ts/x": "", "README.txt": ""})
    assert found.place == Place("apps/api", ".", "apps/api")
    assert found.version == "24"
    assert [(item.folder, item.name) for item in found.builds] == [("libs/built", "build"), ("apps/api", "build")]
    assert found.output == (Output("libs/built/lib", "libs/built/lib"), Output("apps/api/dist", "apps/api/dist"))
    assert found.sources.include == (
        *("libs/built/**", "libs/plain/**", "apps/api/**"),
        *(".swcrc", "package.json", "tsconfig.json"),
    )
    assert found.shipped
    assert found.shipped.include == ("libs/plain/**",)
    assert list(found.runtime_manifests) == [
        "libs/built/package.json",
        "libs/plain/package.json",
        "apps/api/package.json",
    ]
    assert (found.release, found.runtime_env, found.check_scripts) == ("1.2.3", {"A": "1"}, ("lint", "test"))
    assert sources(found)["node.workspace"] == (".", "package.json:1, its list of members")


def test_a_member_that_needs_the_root_takes_in_everything_and_the_root_is_no_library(member, tmp_path):
    for name, more in (
        ("package.json", {"scripts": {"build": "x"}}),
        ("apps/api/package.json", {"dependencies": {"root": "*"}}),
    ):
        path = tmp_path / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **more}))
    found = member()
    assert (found.sources.include, [item.folder for item in found.builds], found.shipped) == ((), ["apps/api"], None)


def test_what_a_built_library_reads_ships_beside_what_its_build_makes(member):
    reads = "readFileSync(new URL('../mails/a.html', import.meta.url)); join(__dirname, '../../lib/a.js')"
    found = member({"libs/built/src/a.ts": reads, "libs/built/mails/a.html": "", "libs/built/lib/a.js": ""})
    assert found.shipped
    assert found.shipped.include == ("libs/plain/**", "libs/built/mails/a.html")


def test_an_install_of_a_member_takes_in_what_it_needs(member):
    install = member().install
    assert install.members == (".", "libs/built", "libs/plain", "apps/api")
    assert list(install.manifests) == [
        "package.json",
        "libs/built/package.json",
        "libs/plain/package.json",
        "apps/api/package.json",
    ]
    assert install.focus == "@x/api"
    assert json.loads(install.manifests["package.json"])["workspaces"] == ["apps/*", "libs/*"]


def test_an_install_of_yarns_takes_in_every_member_and_yarn_goes_by_its_own_name(member, tmp_path):
    (tmp_path / "package-lock.json").unlink()
    found = member({"yarn.lock": BERRY})
    assert "apps/web/package.json" in found.install.manifests
    assert "apps/web" not in found.install.members
    assert sources(found)["node.package_manager"] == ("yarn@4.9.2", "yarn.lock:1, the lockfile and its format")


def test_what_no_build_takes_in_holds_in_every_member_needed(member):
    found = member(exclude=["docs/**", "docs/**"])
    excluded = found.check_sources.exclude
    assert len(set(excluded)) == len(excluded)
    assert {item for item in NOT_SOURCES if item.startswith("**/")} | NEVER <= set(excluded)
    assert {"apps/api/dist", "libs/plain/dist", "libs/built/dist", "libs/built/lib", "docs/**"} <= set(excluded)
    assert "dist" not in excluded
    assert set(found.sources.exclude) - set(excluded) == {
        *("**/__tests__", "**/*.test.*", "**/*.spec.*"),
        *(f"{item}/{tests}" for item in ("apps/api", "libs/built", "libs/plain") for tests in ("test", "tests")),
    }
    assert found.shipped
    assert set(found.shipped.exclude) == {*found.sources.exclude, *NODE_INSTALLS}
    assert found.check_sources.include == found.sources.include


def test_what_a_build_makes_is_no_source_of_it(service):
    build = {"scripts": {"build": "x"}, "main": "a.js"}
    assert "public/made" in service(build, ["a.js"], node=Node(output=["public/made"])).sources.exclude
    assert "." not in service(build, ["a.js"], node=Node(output=["."])).sources.exclude


def test_what_is_configured_to_be_taken_in_is_all_that_ships(service):
    found = service({"main": "a.js"}, ["a.js"], include=["a.js"])
    assert found.shipped
    assert (found.sources.include, found.shipped.include) == (("a.js",), ("a.js",))


def test_what_package_managers_read_ships_only_where_it_is_asked_for(service):
    found = service({"main": "a.js"}, ["a.js", ".npmrc"], exclude=["!.npmrc"])
    assert found.shipped
    assert "**/package-lock.json" in found.shipped.exclude
    assert found.shipped.exclude[-1] == "!.npmrc"
    assert not {"**/.npmrc", "**/package-lock.json"} & {*found.sources.exclude}


def test_variables_that_a_build_goes_without_are_told_with_the_way_to_take_them_in(service):
    build = {"scripts": {"build": "vite build"}}
    told = {
        "exclude": (
            (),
            "a/.env.production:1, no build reads it: `!.env.production` takes it in, or set its variables by `build.env`",
        )
    }
    assert sources(service(build, [".env.production"])).items() >= told.items()
    taken = service(build, [".env.production"], exclude=["!.env.production"])
    assert "exclude" not in sources(taken)
    assert taken.sources.exclude[-1] == "!.env.production"
    assert "exclude" not in sources(service({"main": "a.js"}, ["a.js", ".env.production"]))


def test_what_somebody_has_built_here_is_no_file_that_a_program_reads(service, tmp_path):
    write(tmp_path, {"a/src/a.ts": "static(join(__dirname, '../build/client')); readFile('more/a.html')", "a/more/a.html": ""})
    manifest = {"scripts": {"build": "x", "start": "node build/a.js"}}
    found = service(manifest, ["build/client/a.html"])
    assert (found.image.files, sources(found)["files"][0]) == (("more/a.html",), ("more/a.html",))
    assert service(manifest, files=["build/client"]).image.files == ("build/client",)


def test_files_of_an_image_are_named_once(service):
    manifest = {"scripts": {"build": "next build"}, "dependencies": {"next": "15"}}
    found = service(manifest, ["public/a", "next.config.js"], files=["public", "more"])
    assert found.image.files == ("public", "more", "next.config.js")


def test_a_service_without_a_lockfile_is_named(member, tmp_path):
    (tmp_path / "package-lock.json").unlink()
    with pytest.raises(UsageError, match=r"^service api: \. has no lockfile"):
        member()


def test_a_context_that_does_not_hold_the_service_is_refused(member):
    with pytest.raises(UsageError, match=r"^service api: the folder 'apps/api' does not lie in the context 'libs'; correct"):
        member(context="libs")
    with pytest.raises(UsageError, match=r"^service api: apps is no workspace that lists apps/api; correct"):
        member(context="apps")


@pytest.mark.parametrize(
    ("node", "value", "source"),
    [
        ({}, "install", "by convention"),
        ({"prod_deps": "all"}, "all", "pipeline.toml"),
    ],
)
def test_how_dependencies_of_the_image_come_about(service, node, value, source):
    found = service({"main": "a.js"}, ["a.js"], node=Node(**node))
    assert found.install.production == value
    assert sources(found)["node.prod_deps"] == (value, source)


def test_an_output_that_stands_alone_has_no_dependencies_to_bring(service, tmp_path):
    write(tmp_path, {"a/next.config.js": "module.exports = { output: 'standalone' };\n"})
    found = service({"scripts": {"build": "next build"}, "dependencies": {"next": "15"}})
    assert (found.install.production, found.runtime_manifests) == ("none", {})


@pytest.mark.parametrize(("asked", "allowed"), [(None, None), (True, None), (False, ()), (["x"], ("x",)), ([], ())])
def test_install_scripts_that_may_run(service, asked, allowed):
    assert service({"main": "a.js"}, ["a.js"], node=Node(install_scripts=asked)).install.scripts == allowed


SCHEMA = 'generator client {\n  provider = "prisma-client-js"\n}\n'
OWN_PLACE = SCHEMA.replace("}", '  output   = "../src/made"\n}')
BUILT = {"main": "dist/a.js", "dependencies": {"prisma": "6"}, "scripts": {"build": "tsc"}}


def test_a_client_of_prismas_among_the_dependencies_is_made_where_they_are_installed(member, tmp_path):
    path = tmp_path / "apps/api/package.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "devDependencies": {"prisma": "6"}}))
    found = member({"apps/api/prisma/schema.prisma": SCHEMA})
    assert (found.install.afterwards, found.build.before) == ((("apps/api", "prisma generate"),), ())
    assert "apps/api/prisma" in found.install.files
    assert sources(found)["node.prod_deps"] == ("prune", "Prisma's client is generated into the dependencies")


def test_a_client_of_prismas_among_the_sources_is_made_before_the_build(service, tmp_path):
    (tmp_path / "a/prisma").mkdir(parents=True)
    (tmp_path / "a/prisma/schema.prisma").write_bytes(OWN_PLACE.encode() + b"// \xff\n")
    found = service(BUILT, build={"before": ["x"]})
    assert found.build.before == ("npm exec --no -- prisma generate", "x")
    assert (found.install.afterwards, found.install.production) == ((), "install")
    assert "prisma" not in found.install.files


def test_a_client_of_prismas_among_sources_that_nothing_builds_is_made_and_shipped(service, tmp_path):
    write(tmp_path, {"a/prisma/schema.prisma": OWN_PLACE})
    found = service({"main": "a.js", "dependencies": {"prisma": "6"}}, ["a.js"])
    assert (found.builds, found.build.before) == ((), ("npm exec --no -- prisma generate",))
    assert found.output == (Output("src/made", "src/made"),)
    assert "src/made" in found.sources.exclude


def test_what_commands_make_is_shipped_where_no_script_builds(service):
    found = service({"main": "a.js"}, ["a.js"], node=Node(output=["made"]), build={"before": ["x"]})
    assert (found.builds, found.build.before, found.output) == ((), ("x",), (Output("made", "made"),))
    assert found.shipped


def test_an_output_that_nothing_makes_is_refused(service):
    refused = (
        r"^services\.a\.node\.output: nothing makes 'made': .*; name what makes it by `node\.build` or `build\.before`, or"
    )
    with pytest.raises(UsageError, match=refused):
        service({"main": "a.js"}, ["a.js"], node=Node(output=["made"]))


def test_commands_whose_result_is_in_no_image_are_refused(service):
    refused = r"^services\.a\.build\.before: the service has no build whose result it could be part of; name what it makes"
    with pytest.raises(UsageError, match=refused):
        service({"main": "a.js"}, ["a.js"], build={"before": ["x"]})


@pytest.mark.parametrize(("kind", "production"), [("dependencies", "install"), ("devDependencies", "prune")])
def test_dependencies_are_patched_as_the_service_patches_them(service, kind, production):
    manifest = {"main": "a.js", "scripts": {"postinstall": "patch-package", "prepare": "x"}, kind: {"patch-package": "8"}}
    found = service(manifest, ["a.js", "patches/b.patch"])
    assert (found.install.afterwards, found.install.production) == (((".", "patch-package"),), production)
    assert "patches" in found.install.files
    told = [item for item in found.settings if item.key == "build.before"]
    assert [(item.file, item.line) for item in told] == [("a/package.json", 1)]
    quiet = service(manifest, ["a.js"], node=Node(output=["b"]), build={"before": ["x"]})
    assert not [item for item in quiet.settings if item.key == "build.before"]


@pytest.mark.parametrize("scripts", [{"build": "prisma generate && tsc"}, {"prebuild": "npx prisma generate", "build": "tsc"}])
def test_a_client_of_prismas_that_the_scripts_make_is_theirs(service, tmp_path, scripts):
    write(tmp_path, {"a/prisma/schema.prisma": OWN_PLACE})
    assert service({**BUILT, "scripts": scripts}).build.before == ()


@pytest.mark.parametrize("schema", [SCHEMA, OWN_PLACE])
def test_a_schema_without_prisma_is_no_ones(service, tmp_path, schema):
    write(tmp_path, {"a/prisma/schema.prisma": schema})
    found = service({**BUILT, "dependencies": {}})
    assert (found.install.afterwards, found.build.before) == ((), ())


def test_a_start_that_takes_a_shell_is_given_one(service):
    found = service({"main": "a.js"}, ["a.js"], runtime=Runtime(start=["sh", "-c", "node a.js"]))
    assert sources(found)["runtime.base"] == ("shell", "the start command needs one")


def test_a_manifest_that_is_missing_is_told_with_the_service_that_needs_it(tmp_path):
    with pytest.raises(UsageError, match=r"^service api: a/package\.json is missing;"):
        detect(tmp_path, "api", Service(path="a", kind="node"))
    write(tmp_path, {"apps/api/package.json": {}, "pnpm-workspace.yaml": "packages: [apps/*]\n"})
    with pytest.raises(UsageError, match=r"^service api: package\.json is missing;"):
        detect(tmp_path, "api", Service(path="apps/api"))


@pytest.mark.parametrize(
    ("manager", "prod_deps", "ships"),
    [("pnpm", None, False), ("pnpm", "prune", False), ("pnpm", "all", True), ("npm", None, True), ("yarn", None, True)],
)
def test_what_pnpm_does_not_link_does_not_ship(tmp_path, manager, prod_deps, ships):
    lock = {"pnpm": "pnpm-lock.yaml", "npm": "package-lock.json", "yarn": "yarn.lock"}[manager]
    tools = {"tool": "*", "config": "*"}
    write(
        tmp_path,
        {
            "package.json": {"workspaces": ["*"]},
            lock: "",
            "a/package.json": {"name": "a", "main": "a.js", "dependencies": {"lib": "*"}, "devDependencies": tools},
            "a/a.js": "",
            "lib/package.json": {"name": "lib"},
            "tool/package.json": {"name": "tool", "scripts": {"build": "tsc"}},
            "config/package.json": {"name": "config"},
        },
    )
    found = detect(tmp_path, "a", Service(path="a", node=Node(prod_deps=prod_deps)))
    assert [item.folder for item in found.builds] == ["tool"]
    assert set(found.install.members) == {".", "a", "lib", "tool", "config"}
    assert {"tool/**", "config/**", "lib/**"} <= set(found.sources.include)
    assert found.shipped
    further = {"tool", "config"} if ships else set()
    assert set(found.install.shipped_members) == {".", "a", "lib", *further}
    assert set(found.shipped.include) == {"a/**", "lib/**", *({"config/**"} if ships else ())}
    assert [item.source for item in found.output] == (["tool/dist"] if ships else [])
    assert {path.partition("/")[0] for path in found.runtime_manifests} == {"a", "lib", *further}
