"""Values with their sources, as people and programs are shown them."""

from __future__ import annotations

import tomllib

import pytest

from pipeline.detect.found import Found, as_data, as_text, shown

FOUND = [
    Found("port", 8080, "api/a.js", 3, "the default of PORT"),
    Found("runtime.start", ("node", "a.js"), why="pipeline.toml"),
    Found("node.install_env", {"A": ("b", "c")}, "api/.npmrc"),
    Found("health", False),
]


def test_settings_for_people_stand_in_columns():
    assert as_text(FOUND) == (
        "  port              8080                api/a.js:3, the default of PORT\n"
        '  runtime.start     ["node", "a.js"]    pipeline.toml\n'
        '  node.install_env  { A = ["b", "c"] }  api/.npmrc\n'
        "  health            false\n"
    )


def test_settings_for_programs_have_the_types_of_json():
    assert as_data(FOUND[1:3]) == [
        {"key": "runtime.start", "value": ["node", "a.js"], "file": "", "line": 0, "why": "pipeline.toml"},
        {"key": "node.install_env", "value": {"A": ["b", "c"]}, "file": "api/.npmrc", "line": 0, "why": ""},
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (8080, "8080"),
        ('ä "quoted"\n', r'"ä \"quoted\"\n"'),
        ([], "[]"),
        (["a", True], '["a", true]'),
        ({}, "{}"),
        ({"a-b_1": "c", "main.version": 1, "ä": []}, '{ a-b_1 = "c", "main.version" = 1, "ä" = [] }'),
    ],
)
def test_a_value_is_written_as_in_the_configuration(value, expected):
    assert shown(value) == expected
    assert tomllib.loads(f"value = {shown(value)}")["value"] == value
