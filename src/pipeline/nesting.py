"""Brackets in each other: what a parser of YAML takes long to read."""

from __future__ import annotations

from itertools import accumulate

LIMIT = 50
"""More than people write."""


def is_deep(text: str) -> bool:
    """Whether more brackets than `LIMIT` are open at once. PyYAML looks back at all of them for each one that follows."""
    depths = accumulate((character in "[{") - (character in "]}") for character in text)
    return max(depths, default=0) > LIMIT
