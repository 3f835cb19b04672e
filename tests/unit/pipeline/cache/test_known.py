"""What a machine notes of its own engine, and that it forgets what the engine has lost."""

from __future__ import annotations

import pytest

from pipeline.cache.entry import Entry
from pipeline.cache.known import Known

ENTRY = Entry("k", "deps", "sha256:" + "a" * 64, 2.0)


@pytest.fixture
def known(tmp_path):
    return Known(tmp_path / "stages")


@pytest.mark.parametrize("status", ["executed", "cached"])
def test_what_the_engine_has_made_is_known(known, status):
    known.note({"deps": status}, {"deps": "k"}, {})
    assert known.was_made("k")
    assert known.restored("k") is None


def test_what_was_taken_is_taken_from_the_same_place(known):
    known.note({"deps": "restored"}, {"deps": "k"}, {"deps": ENTRY})
    assert known.restored("k") == ENTRY
    assert not known.was_made("k")


def test_what_the_engine_has_lost_is_asked_for_again(known):
    known.note({"deps": "executed"}, {"deps": "k"}, {})
    known.note({"deps": "executed"}, {"deps": "k"}, {})
    assert not known.was_made("k")


def test_what_was_not_needed_is_not_noted(known):
    known.note({"deps": "skipped"}, {"deps": "k", "build": "l"}, {})
    assert not known.was_made("k")
    assert not known.was_made("l")


@pytest.mark.parametrize("entry", [None, ENTRY])
def test_a_cache_volume_stays_with_who_filled_it_first(known, entry):
    for _ in range(2):
        known.note_volume("v", entry)
        assert known.restored("v") == entry
        assert known.was_made("v") == (entry is None)


def test_a_note_that_cannot_be_read_is_none(known, tmp_path):
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "k").write_bytes(b"\xff{")
    assert known.restored("k") is None
    assert not known.was_made("k")
