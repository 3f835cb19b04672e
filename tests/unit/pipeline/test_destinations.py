"""What cannot be written to is told before anything runs."""

from __future__ import annotations

import pytest

from pipeline.destinations import check_file, check_output
from pipeline.errors import UsageError


def test_places_that_can_be_written_to_are_made(tmp_path):
    check_output(tmp_path / "images", tmp_path / "reports/report.json")
    assert (tmp_path / "images").is_dir()
    assert (tmp_path / "reports").is_dir()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("folder", "is a folder"), ("loop", "it is a loop of symbolic links"), ("a" * 300, "File name too long")],
)
def test_places_that_no_file_can_be_at(tmp_path, place, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match=f"--image-refs .*{reason}"):
        check_file(tmp_path / place, "--image-refs")
