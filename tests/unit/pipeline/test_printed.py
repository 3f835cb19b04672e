"""What commands have printed is shown so that no CI takes it for a command of its own."""

from __future__ import annotations

import pytest
import typer

from pipeline.checking import CheckResult, as_text
from pipeline.ending import run
from pipeline.errors import PipelineError
from pipeline.printed import inert


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::a", "| ::error::a"),
        (" \t::set-output name=a::b", "|  \t::set-output name=a::b"),
        ("a ##[add-path]/b ##[c]", "a ## [add-path]/b ## [c]"),
        ("std::string", "std::string"),
        ("## a", "## a"),
        ("", ""),
    ],
)
def test_a_line_is_no_workflow_command(line, shown):
    assert inert(line) == shown


def test_checks_and_errors_show_it_so(capsys):
    assert "    | ::error::a" in as_text([CheckResult("web", "test", success=False, seconds=1.0, message="::error::a")])

    async def fails():
        msg = "it printed\n::error::a"
        raise PipelineError(msg)

    with pytest.raises(typer.Exit):
        run(fails)
    assert capsys.readouterr().err == "pipeline: it printed\n| ::error::a\n"
