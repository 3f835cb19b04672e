"""Where something is mounted is one place, however it is written."""

from __future__ import annotations

import pytest
from graphs import BASE

from daglet import operations as ops
from daglet.dockerfile import render
from daglet.evaluate import Evaluator
from daglet.host import HostSettings
from daglet.pool import Pool
from daglet.resolve import FIELDS


@pytest.mark.parametrize(("mounted", "taken"), [("/mnt/", "/mnt"), ("/mnt", "/mnt/"), ("/a/../mnt//", "/mnt")])
def test_a_mount_is_taken_away_with_a_slash_at_its_end_or_without(mounted, taken, tmp_path):
    evaluator = Evaluator(Pool([]), tmp_path, HostSettings(None, {}))
    made = FIELDS["Container"]["withMountedTemp"](evaluator, BASE, path=mounted)
    made = FIELDS["Container"]["withoutMount"](evaluator, made, path=taken)
    assert "tmpfs" not in render(ops.ContainerStep(made, ops.Exec(("true",)))).dockerfile
