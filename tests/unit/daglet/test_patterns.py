from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daglet.patterns import exactly, matcher, reach


@pytest.mark.parametrize(
    ("patterns", "path", "covered"),
    [
        (("node_modules",), "node_modules/a/b.js", True),
        (("node_modules",), "packages/node_modules/a.js", False),
        (("**/node_modules",), "packages/a/node_modules/b.js", True),
        (("**/node_modules",), "node_modules/b.js", True),
        (("*.md",), "README.md", True),
        (("*.md",), "docs/README.md", False),
        (("**/*.md",), "docs/deep/README.md", True),
        (("docs", "!docs/keep.md"), "docs/keep.md", False),
        (("docs", "!docs/keep.md"), "docs/other.md", True),
        (("**/.env.*",), "a/.env.local", True),
        (("./dist/",), "dist/x", True),
    ],
)
def test_patterns_are_those_of_a_dockerignore_file(patterns, path, covered):
    assert matcher(patterns)(path) is covered


def test_exactly_matches_the_path_itself():
    assert exactly("src/*")("src/a")
    assert not exactly("src/*")("src/a/b")


@given(st.text(alphabet="ab*?/.![]", max_size=12), st.text(alphabet="ab/.", min_size=1, max_size=12))
def test_any_pattern_gives_an_answer(pattern, path):
    assert matcher((pattern,))(path) in {True, False}


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("services/a", "services", True),
        ("services/a", "services/a/src", True),
        ("services/a/**", "services/b", False),
        ("services/*/go.mod", "services/b", True),
        ("services/*/go.mod", "libs", False),
        ("**/package.json", "any/where", True),
        ("libs/**/x", "services", False),
        ("./src/", "src", True),
        ("[ab]/x", "c", True),
    ],
)
def test_where_a_pattern_may_reach(pattern, folder, expected):
    assert reach((pattern,))(folder) is expected


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=4), st.lists(st.sampled_from(["a", "b", "*", "**", "?"]), min_size=1)
)
def test_a_folder_that_holds_what_a_pattern_covers_is_reached(path, pattern):
    text = "/".join(pattern)
    if matcher((text,))("/".join(path)):
        assert all(reach((text,))("/".join(path[:end])) for end in range(1, len(path)))
