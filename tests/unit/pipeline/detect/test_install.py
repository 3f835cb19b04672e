"""What an install reads and does beside the lockfile: variables, scripts, compilers."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect.model import Manager
from pipeline.detect.node import install
from pipeline.detect.node.manifest import Manifest

NPM, PNPM, YARN, BERRY = (Manager(name) for name in ("npm", "pnpm", "yarn", "berry"))


def service(**node):
    return Service(path="a", node=Node(**node))


def variables(*manifests, **node):
    return install.variables([Manifest(data, "package.json", {}) for data in manifests], service(**node))


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("@sentry/cli", "SENTRYCLI_SKIP_DOWNLOAD=1"),
        ("chromedriver", "CHROMEDRIVER_SKIP_DOWNLOAD=true"),
        ("cypress", "CYPRESS_INSTALL_BINARY=0"),
        ("electron", "ELECTRON_SKIP_BINARY_DOWNLOAD=1"),
        ("husky", "HUSKY=0"),
        ("mongodb-memory-server", "MONGOMS_DISABLE_POSTINSTALL=1"),
        ("playwright", "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1"),
        ("puppeteer", "PUPPETEER_SKIP_DOWNLOAD=true"),
    ],
)
def test_a_development_tool_is_kept_from_its_download(name, variable):
    found = variables({"devDependencies": {name: "1"}})
    assert [f"{key}={value}" for key, value in found.value.items()] == [variable]
    assert (found.key, found.source) == ("node.install_env", f"no image needs what {name} would download")


def test_tools_of_all_members_are_told_once_by_name():
    found = variables({"devDependencies": {"husky": "9", "cypress": "14"}}, {"devDependencies": {"husky": "9"}})
    assert found.value == {"CYPRESS_INSTALL_BINARY": "0", "HUSKY": "0"}
    assert found.why == "no image needs what cypress, husky would download"


@pytest.mark.parametrize("key", ["dependencies", "optionalDependencies"])
def test_what_any_member_needs_at_run_time_downloads_whoever_else_has_it_for_development(key):
    root, api = {"devDependencies": {"puppeteer": "24"}}, {key: {"puppeteer": "24"}}
    assert variables(root, api).value == {}
    assert variables(api, root).value == {}
    assert variables({**root, **api}).value == {}


def test_variables_of_the_configuration_are_seen_too_and_win():
    found = variables({"devDependencies": {"husky": "9"}}, install_env={"HUSKY": "1", "A": "b"})
    assert found.value == {"HUSKY": "1", "A": "b"}
    assert found.source == "pipeline.toml and no image needs what husky would download"
    assert variables({}, install_env={"A": "b"}).source == "pipeline.toml"


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        (".npmrc", "a=${A}\nb=${B_2}\na=${A}", ("A", "B_2")),
        (".npmrc", "a=${A?}\nb=${b_2}", ("A", "b_2")),
        (".yarnrc.yml", "a: ${A:-x}\nb: ${B-x}", ("A", "B")),
        (".npmrc", "a=$A\nb={B}\nc=${1}\nd=${D", ()),
        (".yarnrc", "a ${A}", ()),
    ],
)
def test_secrets_are_the_variables_that_settings_name(tmp_path, name, text, names):
    (tmp_path / name).write_text(text)
    assert install.secrets(tmp_path) == names


def test_secrets_of_all_settings_are_named_once(tmp_path):
    (tmp_path / ".npmrc").write_bytes(b"# \xff\na=${B}\nb=${A}\n")
    (tmp_path / ".yarnrc.yml").write_text("a: ${A}\nc: ${C}\n")
    assert install.secrets(tmp_path) == ("B", "A", "C")


@pytest.mark.parametrize(("asked", "value"), [(True, True), (False, False), (["a", "b"], ("a", "b")), ([], ())])
def test_install_scripts_run_as_the_configuration_says(tmp_path, asked, value):
    found = install.scripts(tmp_path, ".", NPM, service(install_scripts=asked))
    assert (found.key, found.value, found.source) == ("node.install_scripts", value, "pipeline.toml")


@pytest.mark.parametrize("manager", [NPM, PNPM, YARN, BERRY])
def test_install_scripts_run_where_no_lockfile_tells_of_them(tmp_path, manager):
    found = install.scripts(tmp_path, ".", manager, service())
    assert (found.key, found.value, found.source) == ("node.install_scripts", True, "by convention")


PACKAGES = {
    "": {"hasInstallScript": True},
    "node_modules/b": {"hasInstallScript": True},
    "node_modules/b/node_modules/@s/a": {"hasInstallScript": True},
    "node_modules/c/node_modules/b": {"hasInstallScript": True},
    "node_modules/d": {},
    "node_modules/e": "x",
}


@pytest.mark.parametrize("lock", ["package-lock.json", "npm-shrinkwrap.json"])
def test_install_scripts_are_told_by_npms_lockfile(tmp_path, lock):
    write(tmp_path, {lock: {"packages": PACKAGES}})
    found = install.scripts(tmp_path, "x", NPM, service())
    assert (found.key, found.value, found.source) == ("node.install_scripts", True, f"x/{lock}, those of @s/a, b")
    write(tmp_path, {lock: {"packages": {"": {"hasInstallScript": True}, "node_modules/d": {}}}})
    found = install.scripts(tmp_path, "x", NPM, service())
    assert (found.key, found.value, found.source) == ("node.install_scripts", False, f"x/{lock}, no dependency has any")


@pytest.mark.parametrize("asked", [True, False])
def test_compilers_are_there_as_the_configuration_says(tmp_path, asked):
    found = install.native(tmp_path, ".", NPM, service(native=asked))
    assert (found.key, found.value, found.source) == ("node.native", asked, "pipeline.toml")


@pytest.mark.parametrize("manager", [NPM, PNPM, YARN, BERRY])
def test_without_a_lockfile_none_tells_of_compilers(tmp_path, manager):
    write(tmp_path, dict.fromkeys((".npmrc", "pnpm-workspace.yaml", ".yarnrc.yml"), "nan@1"))
    found = install.native(tmp_path, ".", manager, service())
    assert (found.key, found.value, found.source) == ("node.native", False, "no lockfile tells of any")


@pytest.mark.parametrize(
    "name",
    ["node-gyp", "node-gyp-build", "node-addon-api", "nan", "bindings", "prebuild-install", "@mapbox/node-pre-gyp"],
)
@pytest.mark.parametrize(
    ("manager", "lock", "line"),
    [
        (PNPM, "pnpm-lock.yaml", "  {}@1.0.0:"),
        (PNPM, "pnpm-lock.yaml", "  '{}@1.0.0':"),
        (PNPM, "pnpm-lock.yaml", "  /{}/1.0.0:"),
        (YARN, "yarn.lock", "{}@~1.0.0, x@1:"),
        (YARN, "yarn.lock", '"{}@*":'),
        (YARN, "yarn.lock", '"{}@>= 1":'),
        (YARN, "yarn.lock", "{}@latest:"),
        (BERRY, "yarn.lock", '"{}@npm:>=1 <3":'),
        (BERRY, "yarn.lock", '"{}@npm:^1.0.0":'),
    ],
)
def test_compilers_are_told_by_what_addons_need(tmp_path, manager, lock, line, name):
    write(tmp_path, {lock: f"# one\n{line.format(name)}\n{line.format('nan')}\n"})
    found = install.native(tmp_path, "x", manager, service())
    assert (found.key, found.value, found.source) == ("node.native", True, f"x/{lock}:2, {name} is among the dependencies")


@pytest.mark.parametrize("line", ["nano@1.0.0:", "  nan: 1.0.0", "x-nan@1.0.0:", "# nan@1.0.0", "nan/x@1.0.0:"])
def test_compilers_are_not_told_by_other_names(tmp_path, line):
    (tmp_path / "yarn.lock").write_bytes(f"{line}\n# ".encode() + b"\xff\n")
    found = install.native(tmp_path, "x", YARN, service())
    assert (found.key, found.value, found.source) == ("node.native", False, "x/yarn.lock, no dependency is compiled")


@pytest.mark.parametrize(
    ("item", "value", "why"),
    [
        (
            {"hasInstallScript": True, "dependencies": {"x": "1", "nan": "1", "bindings": "1"}},
            True,
            "@s/a is installed by bindings",
        ),
        ({"hasInstallScript": True, "dependencies": {"x": "1"}}, False, "no dependency is compiled"),
        ({"hasInstallScript": True, "dependencies": ["nan"]}, False, "no dependency is compiled"),
        ({"hasInstallScript": True}, False, "no dependency is compiled"),
        ({"dependencies": {"nan": "1"}}, False, "no dependency is compiled"),
    ],
)
@pytest.mark.parametrize("lock", ["package-lock.json", "npm-shrinkwrap.json"])
def test_compilers_are_told_by_npms_lockfile(tmp_path, lock, item, value, why):
    write(tmp_path, {lock: {"packages": {"node_modules/b/node_modules/@s/a": item}}})
    found = install.native(tmp_path, "x", NPM, service())
    assert (found.key, found.value, found.source) == ("node.native", value, f"x/{lock}, {why}")


def test_npms_lockfile_may_begin_with_the_mark_of_its_encoding(tmp_path):
    write(tmp_path, {"package-lock.json": '\ufeff{"packages": {"node_modules/a": {"hasInstallScript": true}}}'})
    assert install.scripts(tmp_path, "x", NPM, service()).value is True


def test_the_services_own_install_script_is_no_dependencys(tmp_path):
    write(tmp_path, {"package-lock.json": {"packages": {"": {"hasInstallScript": True, "dependencies": {"nan": "1"}}}}})
    assert install.scripts(tmp_path, "x", NPM, service()).value is False
    assert install.native(tmp_path, "x", NPM, service()).value is False


@pytest.mark.parametrize("content", ["[]", "{", "{}", '{"packages": []}'])
def test_a_lockfile_of_npms_that_tells_nothing_has_no_scripts(tmp_path, content):
    write(tmp_path, {"package-lock.json": content})
    assert install.scripts(tmp_path, "x", NPM, service()).value is False
    assert install.native(tmp_path, "x", NPM, service()).value is False


def test_npm_goes_by_its_shrinkwrap_where_both_lockfiles_are_there(tmp_path):
    write(tmp_path, {"package-lock.json": {"packages": PACKAGES}, "npm-shrinkwrap.json": {"packages": {}}})
    found = install.scripts(tmp_path, "x", NPM, service())
    assert (found.value, found.source) == (False, "x/npm-shrinkwrap.json, no dependency has any")
    assert install.native(tmp_path, "x", NPM, service()).file == "x/npm-shrinkwrap.json"
