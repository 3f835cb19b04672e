"""Files as syntax trees: JSON with its lines, and programs with their literals."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.syntax import LARGE, document, line, lines_of_json, literals, placed, text, tree, walk

ENOUGH = 10_000
"""Bytes that an expression may have to count."""


@pytest.fixture
def program(tmp_path):
    def of(content, name="a.js"):
        write(tmp_path, {name: content})
        return tree(tmp_path / name)

    return of


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", "{}", "object"),
        ("a.go", "package a", "package_clause"),
        *((f"a{suffix}", "say()", "expression_statement") for suffix in (".js", ".mjs", ".cjs", ".jsx")),
        *((f"a{suffix}", "type A = string", "type_alias_declaration") for suffix in (".ts", ".mts", ".cts", ".tsx")),
        ("a.tsx", "say(<A />)", "expression_statement"),
    ],
)
def test_each_language_has_its_grammar(program, name, content, kind):
    root = program(content, name)
    assert not root.has_error
    assert [node.type for node in root.named_children] == [kind]


def test_what_is_no_program_has_no_tree(program, tmp_path):
    assert program("say()", "a.py") is None
    assert program("", "a.js")
    assert program("1;" + " " * (LARGE - 2))
    assert program("1;" + " " * (LARGE - 1)) is None
    assert tree(tmp_path / "missing.js") is None
    (tmp_path / "folder.js").mkdir()
    assert tree(tmp_path / "folder.js") is None


def test_nodes_come_in_the_order_of_the_text_with_their_lines(program):
    root = program("f(g(1),\n  2)\nh('ä')\n")
    assert [(text(node), line(node)) for node in walk(root, "number", "string")] == [("1", 1), ("2", 2), ("'ä'", 3)]


def test_an_expression_that_is_too_long_is_none_wherever_it_stands(program):
    assert text(None) == ""
    assert text(next(walk(program(" " * ENOUGH + "'a'"), "string"))) == "'a'"
    for length, counts in ((ENOUGH, True), (ENOUGH + 1, False)):
        found = next(walk(program("'" + "a" * (length - 2) + "'"), "string"))
        assert bool(text(found)) is counts


def test_what_is_no_utf_8_is_read_all_the_same(program, tmp_path):
    (tmp_path / "a.js").write_bytes(b"say('\xff')")
    assert [item.value for item in literals(tree(tmp_path / "a.js"))] == ["\ufffd"]


def test_literals_have_no_quotes_and_know_what_they_lie_in(program):
    found = list(literals(program("f(g('a'))\n\nsay(\"b\", `c${d}`)")))
    assert [(item.value, item.line) for item in found] == [("a", 1), ("b", 3), ("c${d}", 3)]
    assert [node.type for node in found[0].nearest()] == [
        *("arguments", "call_expression", "arguments", "call_expression"),
        *("expression_statement", "program"),
    ]
    assert [item.value for item in literals(program('package a\n\nvar b = "c" + `d`', "a.go"))] == ["c", "d"]


def test_what_a_literal_lies_in_is_told_as_far_as_counts(program):
    item = next(literals(program("[" * 30 + "'a'" + "]" * 30)))
    assert [node.type for node in item.nearest()] == ["array"] * 16


def test_what_lies_in_nothing_is_the_root(program):
    root = program("say('a')")
    assert list(placed(root, "program")) == [(root, None)]
    string = next(walk(root, "string"))
    assert [list(item.nearest()) for item in literals(string)] == [[]]


JSON = """\
// A comment.
{
  "a": {"b.c": [1, /* two */ 2.5,
    {"d": null}]},
  "e": "\\u00e4", // another
  "a": true,
}
"""


def test_a_document_has_the_lines_of_its_keys_and_items(tmp_path):
    write(tmp_path, {"a.json": JSON})
    found = document(tmp_path / "a.json")
    assert found.value == {"a": True, "e": "ä"}
    assert (found.line("a"), found.line("a", "b.c"), found.line("a", "b.c", "1"), found.line("a", "b.c", "2", "d")) == (
        6,
        3,
        3,
        4,
    )
    assert (found.line("b"), found.line("a", "e")) == (0, 0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[1, {}]", [1, {}]),
        ("", {}),
        ("7", {}),
        ('{"a": [1, "b" 2], "c": 3}', {"a": [1, "b"], "c": 3}),
        ('{"a": , "b": 1}', {"a": "", "b": 1}),
        pytest.param(f'{{"a": {"9" * 5000}}}', {"a": "9" * 5000}, id="a number too long"),
        pytest.param("[" * 5000 + "]" * 5000, {}, id="too deep"),
    ],
)
def test_a_document_is_read_as_far_as_it_can_be(tmp_path, content, expected):
    write(tmp_path, {"a.json": content})
    found = document(tmp_path / "a.json")
    assert (found.value, found.line("missing")) == (expected, 0)


def test_a_document_that_is_not_there_is_empty(tmp_path):
    found = document(tmp_path / "a.json")
    assert (found.value, dict(found.lines)) == ({}, {})


def test_the_lines_of_a_text():
    assert lines_of_json('[\n{"a": 1},\n[{"b":\n2}]]') == {
        ("0",): 2,
        ("0", "a"): 2,
        ("1",): 3,
        ("1", "0"): 3,
        ("1", "0", "b"): 3,
    }
