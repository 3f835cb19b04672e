from __future__ import annotations

import pytest

from pipeline.bases.model import INDEX, load


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"request": {"role": "config", "variant": "new"}}]', "{}", "null"])
def test_an_index_of_another_version_counts_as_none(tmp_path, text):
    (tmp_path / INDEX).write_text(text)
    assert load(tmp_path) == ()
