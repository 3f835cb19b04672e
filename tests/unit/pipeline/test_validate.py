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
        ("server:\n  port: x\n", "c.yaml:2: server.port: 'x' is not of type 'integer'"),
        ("server:\n  port: 1\nextra: 1\n", "(top): Additional properties"),
        ("server:\n  port: 1\n  port: 2\n", "c.yaml:3: the key 'port' stands twice"),
    ],
)
def test_faults_name_file_line_and_path(text, message):
    with pytest.raises(ConfigInvalid) as caught:
        validate_config(text, "c.yaml", SCHEMA, "s.json")
    assert message in str(caught.value)


def test_a_broken_schema_is_blamed_itself():
    with pytest.raises(ConfigInvalid, match=r"s\.json"):
        validate_config("a: 1", "c.yaml", '{"type": 3}', "s.json")


def test_a_good_file_passes():
    validate_config("server: {port: 8080}\n", "c.yaml", SCHEMA, "s.json")
