"""Brackets in each other."""

import pytest

from pipeline.nesting import LIMIT, is_deep


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("", False),
        ("[" * LIMIT + "]" * LIMIT, False),
        ("{[" * (LIMIT // 2) + "[" + "]" * LIMIT, True),
        ("[a]{b}" * 10 * LIMIT, False),
        ("]" * LIMIT + "[" * LIMIT, False),
    ],
)
def test_what_counts_is_how_many_are_open_at_once(text, deep):
    assert is_deep(text) == deep
