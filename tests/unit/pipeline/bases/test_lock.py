"""Pins: what is written is read again, and a file that does not fit says the way out."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bases import LockError
from pipeline.bases.lock import Pins, read, write

DIGEST = "sha256:" + "ab" * 32
FROM_HUB = st.tuples(st.text(min_size=1, max_size=8), st.sampled_from([f"a@{DIGEST}", f"r.example:5000/b:1@{DIGEST}"]))
PACKAGE = st.fixed_dictionaries({"name": st.text(), "version": st.text(), "sha256": st.text()})
FROM_PACKAGES = st.one_of(
    st.tuples(st.just("debian/build/linux/amd64"), st.lists(PACKAGE, min_size=1, max_size=3)),
    st.tuples(
        st.sampled_from(["node/22/linux/arm64", "npm/10"]),
        st.fixed_dictionaries({"name": st.text(), "version": st.text(), "integrity": st.text()}),
    ),
    st.tuples(st.just("go/1.26/linux/amd64"), st.fixed_dictionaries({"version": st.text(), "sum": st.text()})),
)
PINS = st.one_of(
    st.builds(lambda items: Pins("hub", dict(items)), st.lists(FROM_HUB, max_size=3)),
    st.builds(lambda items: Pins("packages", dict(items)), st.lists(FROM_PACKAGES, max_size=3)),
)


@given(PINS)
def test_pins_survive_the_lockfile(tmp_path_factory, pins):
    path = tmp_path_factory.mktemp("lock") / "pipeline.lock"
    write(path, pins)
    assert read(path) == pins


@given(
    st.recursive(st.one_of(st.none(), st.integers(), st.text()), lambda inner: st.dictionaries(st.text(), inner), max_leaves=4)
)
def test_any_other_content_says_the_way_out(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("lock") / "pipeline.lock"
    path.write_text(json.dumps({"version": 1, "from": "packages", "pins": {"node/22/linux/amd64": content}}))
    with pytest.raises(LockError, match="`pipeline lock` writes it again"):
        read(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"version": 1}', '{"version": 1, "from": "hub", "pins": 3}'])
def test_a_broken_lockfile_says_the_way_out(tmp_path, text):
    (tmp_path / "pipeline.lock").write_text(text)
    with pytest.raises(LockError, match="`pipeline lock` writes it again"):
        read(tmp_path / "pipeline.lock")


def test_no_lockfile_has_no_pins(tmp_path):
    assert read(tmp_path / "pipeline.lock") == Pins()


def test_a_pipe_is_no_lockfile(tmp_path):
    os.mkfifo(tmp_path / "pipeline.lock")
    with pytest.raises(LockError, match="it is no plain file"):
        read(tmp_path / "pipeline.lock")
