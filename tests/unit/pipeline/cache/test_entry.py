"""What a note says, and that a wrong one is refused with the reason."""

from __future__ import annotations

import json

import pytest

from pipeline.cache.entry import Entry, Wrong, read, tags

KEY = "k" * 64
ENTRY = Entry(KEY, "deps", "sha256:" + "a" * 64, 21.5)


@pytest.mark.parametrize("secret", ["", "s3cret"])
def test_what_was_written_is_read(secret):
    assert read(ENTRY.signed(secret), KEY, secret) == ENTRY


def test_a_signature_is_no_hindrance_to_who_has_no_secret():
    assert read(ENTRY.signed("s3cret"), KEY, "") == ENTRY


def changed(**fields):
    return json.dumps({**json.loads(ENTRY.signed("s3cret")), **fields})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"key": 1}', "cannot be read"),
        (changed(seconds="soon"), "cannot be read"),
        (changed(key="x" * 64), "about another key"),
        (changed(content="latest"), "names no digest"),
        (changed(content="sha256:" + "b" * 64), "not signed with this secret"),
        (changed(seconds=1.0), "not signed with this secret"),
        (ENTRY.signed("other"), "not signed with this secret"),
        (ENTRY.signed(""), "is not signed$"),
    ],
)
def test_a_wrong_one_is_refused(text, reason):
    with pytest.raises(Wrong, match=reason):
        read(text, KEY, "s3cret")


def test_tags_are_tags():
    assert all(len(tag) <= 128 for tag in tags("package-manager-arm64", KEY))
