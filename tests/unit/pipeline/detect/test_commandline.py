"""Scripts as a shell reads them: which are words and no more, and which commands others are made of."""

from __future__ import annotations

import pytest

from pipeline.detect.node.commandline import commands, words


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("", []),
        ("node a.js", ["node", "a.js"]),
        ("node 'a b.js'", ["node", "a b.js"]),
        ("A='x?a=1&b=2' node a.js", ["A=x?a=1&b=2", "node", "a.js"]),
        ("env 'A=x?a=1&b=2' node a.js", ["env", "A=x?a=1&b=2", "node", "a.js"]),
        ('A="x;y" node "a|b" \'$c`d`\' "*"', ["A=x;y", "node", "a|b", "$c`d`", "*"]),
        ("PORT=${PORT:-80} node a.js", ["PORT=80", "node", "a.js"]),
        ('PORT="${PORT-80}" node a.js', ["PORT=80", "node", "a.js"]),
        ("cross-env PORT=${PORT:-80} node a.js", ["cross-env", "PORT=80", "node", "a.js"]),
    ],
)
def test_words_that_a_shell_leaves_as_they_are(script, found):
    assert words(script) == found


@pytest.mark.parametrize(
    "script",
    [
        "A=x?a=1&b=2 node a.js",
        "node a.js &",
        "node a.js;",
        "node a.js && b",
        "node a.js | b",
        "node a.js > b",
        "node < b",
        'node "$a"',
        'node "`a`"',
        "node $(a)",
        "node *.js",
        "A=$PORT node a.js",
        "A=${B:-80} node a.js",
        "node ${A:-80}",
        "PORT=${PORT:-$B} node a.js",
        'node "\\$a"',
        "node $'a'",
        "node 'a",
        "node 'a' & 'b",
        f"node '&{'a' * 10_000}'",
        "$(" * 50_000,
    ],
)
def test_what_a_shell_makes_something_else_of_is_no_words(script):
    assert words(script) == []


def test_the_commands_of_a_script():
    assert commands("a b && (c; d 'e') | f > g") == ("a b", "c", "d 'e'", "f")
    assert commands("") == ()
