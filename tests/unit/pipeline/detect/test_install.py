"""What an install reads and does beside the lockfile: variables, scripts, compilers."""

from __future__ import annotations

import pytest

from pipeline.config import Node, Service
from pipeline.detect.model import Manager
from pipeline.detect.node import install
from pipeline.detect.node.manifest import Manifest

NPM = Manager("npm")


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
        (".npmrc", "a=${A?}", ("A",)),
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
