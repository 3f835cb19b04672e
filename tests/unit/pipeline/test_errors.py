"""What becomes of a command that failed, as users read it."""

from __future__ import annotations

import pytest

from pipeline.errors import command_failure


@pytest.mark.parametrize(("output", "shown"), [("", ""), ("a\n\nb\n", "\na\n\nb")])
def test_a_command_that_failed_is_told_with_what_it_printed(output, shown):
    message = command_failure(("sh", "-ec", "go mod download\ngo mod verify"), 1, output)
    assert message == "`go mod download` ended with exit code 1" + shown


def test_the_way_out_stands_behind_what_was_printed_however_far_above_its_cause_is():
    output = "a\n" * 20 + "fatal: could not read Username for 'https://a.test'\n" + "b\n" * 50
    *_, before, last = command_failure(("go", "mod", "download"), 1, output).splitlines()
    assert before == "b"
    assert "`go.private`" in last
