from __future__ import annotations

import json

import pytest

from pipeline.errors import ConfigInvalid
from pipeline.validate import validate_config

SCHEMA = json.dumps(
    {"type": "object", "properties": {"server": {"properties": {"port": {"type": "integer"}}}}, "additionalProperties": False}
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "c.yaml:1:5: not valid YAML"),
        ("a:\n" + f"- {'[' * 51}{']' * 51}\n" * 1000, "c.yaml: more than 50 brackets in each other"),
        ("server:\n  port: x\n", "c.yaml:2: server.port: 'x' is not of type 'integer'"),
        ("server:\n  port: 1\nextra: 1\n", "(top): Additional properties"),
        ("server:\n  port: 1\n  port: 2\n", "c.yaml:3: the key 'port' stands twice"),
    ],
)
def test_faults_name_file_line_and_path(text, message):
    with pytest.raises(ConfigInvalid) as caught:
        validate_config(text, "c.yaml", SCHEMA, "s.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("c.json", '{\n "server": }', "c.json:2:12: not valid JSON"),
        ("c.json", '{\n "server": {\n  "port": "x"\n }\n}', "c.json:3: server.port: 'x' is not of type 'integer'"),
        ("c.json", '{\n "a": 1,\n "a": 2\n}', "c.json:3: the key 'a' stands twice"),
        ("c.toml", "server = ", "c.toml:1: not valid TOML"),
        ("c.toml", "[server]\nname = 1\nport = 'x'\n", "c.toml:3: server.port: 'x' is not of type 'integer'"),
        ("c.toml", "[server]\nport = 1\nport = 2\n", "c.toml:3:9: not valid TOML: 'port' stands twice"),
    ],
)
def test_json_and_toml_are_placed_as_well(file, text, message):
    with pytest.raises(ConfigInvalid) as caught:
        validate_config(text, file, SCHEMA, "s.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(("file", "text"), [("c.json", '{"server": {"port": 1}}'), ("c.toml", "[server]\nport = 1\n")])
def test_good_files_of_other_kinds_pass(file, text):
    validate_config(text, file, SCHEMA, "s.json")


def test_a_broken_schema_is_blamed_itself():
    with pytest.raises(ConfigInvalid, match=r"s\.json"):
        validate_config("a: 1", "c.yaml", '{"type": 3}', "s.json")


def test_a_good_file_passes():
    validate_config("server: {port: 8080}\n", "c.yaml", SCHEMA, "s.json")
