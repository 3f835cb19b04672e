from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daglet.errors import InvalidOperation
from daglet.patterns import complement, exactly, has_exceptions, matcher, reach


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


@pytest.mark.parametrize(
    ("patterns", "path", "covered"),
    [
        (("**.go",), "c.go", True),
        (("**.go",), "a/b.go", True),
        (("**.go",), "a", False),
        (("**.go",), "a/b.go.txt", False),
        (("**.log",), "a/b/x.log", True),
        (("**foo",), "foo", True),
        (("**foo",), "a/barfoo", True),
        (("**foo",), "a/foo/b", True),
        (("**foo",), "foobar", False),
        (("**/foo",), "barfoo", False),
        (("**/foo",), "foo", True),
        (("**/foo",), "a/foo/b", True),
        (("**foo*",), "a/foobar", True),
        (("**foo*",), "a/barfoo", False),
        (("a**b",), "ab", True),
        (("a**b",), "a/b", True),
        (("a**b",), "axb", False),
        (("a**b",), "ax/y/b", True),
        (("a**b",), "b", False),
        (("a**",), "abc/d", True),
        (("a**",), "b/a", False),
        (("a/**",), "a", False),
        (("a/**",), "a/b/c", True),
        (("a/**/",), "a/b", True),
        (("a/**/b",), "a/b", True),
        (("a/**/b",), "a/x/y/b", True),
        (("a/**/b",), "ab", False),
        (("**",), "a/b", True),
        (("**/**",), "a", True),
        (("**/*",), "a/b", True),
        (("***",), "a/b", True),
        (("*/**",), "a", False),
        (("*/**",), "a/b", True),
        (("**a**",), "x/ab", True),
        (("**a**",), "xa", False),
        (("foo/../bar",), "bar", True),
        (("foo/../bar",), "foo", False),
        (("./a//b/.",), "a/b", True),
        (("a/",), "a/b", True),
        ((" a ",), "a", True),
        (("",), "a", False),
        ((".",), "a", False),
        (("/a",), "a", False),
        (("../a",), "a", False),
        (("*",), "a/b", True),
        (("*.md",), "a/b.md", False),
        (("?",), "ab", False),
        (("?",), "a/b", True),
        (("a?b",), "a/b", False),
        (("[ab]/c",), "a/c", True),
        (("[a-c]x",), "bx", True),
        (("[^a]",), "b", True),
        (("x[^a]y",), "x/y", True),
        (("[!a]",), "a", True),
        (("[!a]",), "b", False),
        (("a\\*b",), "a*b", True),
        (("a\\*b",), "axb", False),
        (("\\!a",), "!a", True),
        (("[*]",), "*", False),
        (("[?]",), "/]", True),
        (("[[a]",), "[", True),
        (("a]",), "a]", True),
        (("a^",), "a^", True),
        (("a^*",), "a^b", False),
        (("^a*",), "ab", True),
        (("a.b",), "axb", False),
        (("{a,b}",), "a", False),
        (("a+(b)|$",), "a+(b)|$", True),
        (("a", "!a/b"), "a/b", False),
        (("a", "!a/b"), "a/c", True),
        (("!a", "a"), "a", True),
        (("a", "!a/b", "a/b/c"), "a/b/c", True),
        (("a", "!a/b", "a/b/c"), "a/b/d", False),
        (("a", "!a/b", "a"), "a/b", False),
        (("a", "!a/**", "a/x"), "a/x/y", True),
        (("**", "!**.go"), "a/b.go", False),
        (("**", "!**.go"), "a", True),
        (("!a/../b", "b"), "b", True),
        (("*", "!./a"), "a", True),
        (("./!a",), "a", False),
        (("a", "! a"), "a", True),
    ],
)
def test_patterns_are_read_as_by_dagger_and_buildkit(patterns, path, covered):
    """Expected is what github.com/moby/patternmatcher v0.6.1 answered, the module that both of them read patterns with.

    It was asked by a Go program that walks from the root to the path with `MatchesUsingParentResults`, as both engines do.
    """
    assert matcher(patterns)(path) is covered


@pytest.mark.parametrize("patterns", [("!",), ("a", "!/"), ("[",), ("[]a]",), ("[a-]",), ("a\\",), ("[b-a]",)])
def test_an_invalid_pattern_is_named(patterns):
    """These patternmatcher refuses, too."""
    for reads in (matcher, reach, complement, has_exceptions):
        with pytest.raises(InvalidOperation, match=f"the pattern {re.escape(repr(patterns[-1]))} is invalid"):
            reads(patterns)


@pytest.mark.parametrize("pattern", ["a[b", "**/a[", "[[:alpha:]]", "[\\d]", "\\1"])
def test_what_go_reads_only_later_or_otherwise_is_refused_at_once(pattern):
    with pytest.raises(InvalidOperation):
        matcher((pattern,))


def test_many_stars_in_a_row_are_one():
    """Each would try all folders of the path for each of those before it."""
    assert not matcher((f"{'**/' * 12}x*y",))("a/" * 60 + "b")


def test_exactly_matches_the_path_itself():
    assert exactly("src/*")("src/a")
    assert not exactly("src/*")("src/a/b")


@given(st.text(alphabet="ab*?/.![]", max_size=12), st.text(alphabet="ab/.", min_size=1, max_size=12))
def test_any_pattern_gives_an_answer_or_is_refused(pattern, path):
    with suppress(InvalidOperation):
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
        ("a**b/c", "a/x/y", True),
        ("x[^a]y/b", "x/y", True),
        ("foo/../bar", "bar", True),
        ("foo/../bar", "foo", False),
    ],
)
def test_where_a_pattern_may_reach(pattern, folder, expected):
    assert reach((pattern,))(folder) is expected


@pytest.mark.parametrize("include", [("foo/../bar",), ("./a",), ("a", "!./a/b"), ("**.go", "/"), ("a", "!a/b", "a/b/c")])
@pytest.mark.parametrize("path", ["a", "a/b", "a/b/c", "a/x.go", "bar", "foo"])
def test_the_complement_covers_what_the_patterns_do_not(include, path):
    assert matcher(complement(include))(path) is not matcher(include)(path)


@pytest.mark.parametrize(("pattern", "path", "expected"), [("**.go", "a/b.go", True), ("!a", "a", False), ("a", "a/b", False)])
def test_exactly_reads_patterns_alike(pattern, path, expected):
    assert exactly(pattern)(path) is expected


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "*", "**", "?", "**b", "a**", "[^a]", "..", "."]), min_size=1),
)
def test_a_folder_that_holds_what_a_pattern_covers_is_reached(path, pattern):
    text = "/".join(pattern)
    if matcher((text,))("/".join(path)):
        assert all(reach((text,))("/".join(path[:end])) for end in range(1, len(path)))
