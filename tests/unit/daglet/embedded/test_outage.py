from __future__ import annotations

import os
from dataclasses import replace

import pytest

from daglet.embedded import Layout, outage


@pytest.fixture
def layout(tmp_path):
    return replace(Layout.from_environment(os.environ), state=tmp_path)


def test_a_state_that_nobody_wrote_to_is_whole(layout):
    assert not outage.spoiled(layout)


def test_a_state_is_whole_for_as_long_as_the_machine_is_up(layout):
    outage.note(layout)
    assert not outage.spoiled(layout)


@pytest.mark.parametrize("text", ["", "0c6cbd9d-0000-4000-8000-000000000000\n"])
def test_a_note_of_another_boot_or_half_of_one_says_that_the_machine_went_down(layout, text):
    layout.unsynced.write_text(text)
    assert outage.spoiled(layout)


def test_what_is_emptied_is_as_if_nobody_had_built(layout, tmp_path):
    outage.note(layout)
    for name in ("engine/cache.db", "contexts/a/file", "layouts/b", "images/c/0", "exports/d/e"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    outage.empty(layout, tmp_path / "no-runc")
    assert list(tmp_path.iterdir()) == []
