"""The Node version: whose word counts, and which release fits a range."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Node, Service
from pipeline.detect.node import versions
from pipeline.detect.node.manifest import read
from pipeline.errors import UsageError


@pytest.fixture
def version(tmp_path):
    """The version of the member `a` of a workspace."""

    def of(files, **node):
        write(tmp_path, {"package.json": "{}", "a/package.json": "{}", **files})
        manifests = [read(tmp_path / name, name, "a") for name in ("a/package.json", "package.json")]
        return versions.version(tmp_path, ("a", "."), manifests, Service(path="a", node=Node(**node)))

    return of


@pytest.mark.parametrize(
    ("files", "value", "source"),
    [
        ({}, "22", "the default, since nothing says"),
        ({".nvmrc": "v24"}, "24", ".nvmrc:1"),
        ({"a/.node-version": " 24.1 \n"}, "24.1", "a/.node-version:1"),
        ({"a/.node-version": "20", "a/.nvmrc": "24"}, "24", "a/.nvmrc:1"),
        ({"a/.node-version": "20", ".nvmrc": "24"}, "20", "a/.node-version:1"),
        ({"a/.nvmrc": "lts/*", ".node-version": "24"}, "24", ".node-version:1"),
        ({"a/.nvmrc": "lts/Jod\n", ".node-version": "24"}, "22", "a/.nvmrc:1"),
        ({".nvmrc": "lts/iron"}, "20", ".nvmrc:1"),
        ({".nvmrc": "# as in production\n\nv24.1 # for now\n20"}, "24.1", ".nvmrc:1"),
        ({".nvmrc": "lts/argon"}, "22", "the default, since nothing says"),
        ({".nvmrc": "iron"}, "22", "the default, since nothing says"),
        ({"a/.nvmrc": "24.1.0.0"}, "22", "the default, since nothing says"),
        ({"a/.tool-versions": "python 3.12\nnodejs  20.11.0 # as in production\n"}, "20.11.0", "a/.tool-versions:2"),
        ({".tool-versions": "node 24"}, "24", ".tool-versions:1"),
        ({".tool-versions": "nodejs system", "a/package.json": {"engines": {"node": "24"}}}, "24", None),
        ({".tool-versions": "nodejs 20", "a/.node-version": "24"}, "24", "a/.node-version:1"),
        ({".nvmrc": "24", "a/package.json": {"volta": {"node": "20.1.0"}}}, "24", ".nvmrc:1"),
        ({"package.json": '{\n"volta": {\n"node": "20.1.0"}}'}, "20.1.0", "package.json:3, volta.node"),
        (
            {"a/package.json": {"volta": {"node": "20.1.0"}, "engines": {"node": "24"}}},
            "20.1.0",
            "a/package.json:1, volta.node",
        ),
        ({"a/package.json": {"volta": {"node": "lts"}, "engines": {"node": "24"}}}, "24", "a/package.json:1, engines.node"),
        ({"a/package.json": {"engines": {"node": "24"}}, "package.json": {"volta": {"node": "20"}}}, "24", None),
        ({"a/package.json": {"engines": {"npm": "10"}}, "package.json": {"engines": {"node": "^20"}}}, "20", None),
        ({"a/package.json": {"engines": {"node": 24}}}, "24", None),
        ({"a/package.json": {"engines": {"node": None}, "volta": {"node": None}}, ".nvmrc": ""}, "22", None),
    ],
)
def test_whose_word_counts(version, files, value, source):
    found = version(files)
    assert (found.key, found.value) == ("node.version", value)
    assert found.source == source or source is None


@pytest.mark.parametrize("asked", ["20.1.0", "v20.1.0"])
def test_the_configuration_wins(version, asked):
    found = version({"a/.nvmrc": "24"}, version=asked)
    assert (found.key, found.value, found.source) == ("node.version", "20.1.0", "pipeline.toml")


def test_a_version_file_that_is_no_utf_8_says_nothing(version, tmp_path):
    (tmp_path / ".nvmrc").write_bytes(b"2\xff4")
    assert version({}).value == "22"


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("=20.11.1", "20.11.1"),
        ("20.11.01", "20.11.1"),
        (">=18.12.0beta", "22"),
        ("14 || 16", "16"),
        ("14", "14"),
        ("^18.1.0 <18.4.0", "18.1.0"),
        ("12.0.0 || 18.1.0", "18.1.0"),
        (">=18.1.0 >=18.2.0 <18.4.0", "18.2.0"),
        (">18.1.0 <=18.4.0", "18.4.0"),
        ("^20.19.0 || >=22.12.0", "22"),
        ("20" + " " * 254 + " || 24", "20"),
    ],
)
def test_the_release_that_fits_is_the_default_one_if_it_may_be(version, wanted, value):
    assert version({"a/package.json": {"engines": {"node": wanted}}}).value == value


@pytest.mark.parametrize("wanted", ["<=12", ">25 <26", ">=20 <20", "12.0.0", "<18.0.0 >16"])
def test_a_range_that_no_release_fits_is_told_with_its_line(version, wanted):
    releases = "22, 24, 20, 18, 16, 14"
    message = rf"^a/package\.json:2: engines\.node is '{wanted}', and no supported release \({releases}\) fits it; set `node\."
    with pytest.raises(UsageError, match=message):
        version({"a/package.json": f'{{"engines": {{\n"node": "{wanted}"}}}}'})
