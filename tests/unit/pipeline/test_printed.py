"""What commands have printed is shown so that no CI takes it for a command of its own."""

from __future__ import annotations

import pytest
import typer

from pipeline.checking import CheckResult, as_text
from pipeline.ending import run
from pipeline.errors import PipelineError
from pipeline.printed import excerpt, inert


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


def numbered(count):
    return "".join(f"{number}\n" for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("streams", "lines"),
    [
        (("", "\n"), []),
        (("said\n", "\nwrong\n"), ["said", "wrong"]),
        ((numbered(30),), numbered(30).splitlines()),
        ((numbered(33),), [*numbered(10).splitlines(), "… 3 more …", *numbered(33).splitlines()[13:]]),
        (
            (numbered(500), "the cause\n"),
            [*numbered(10).splitlines(), "… 470 more …", *numbered(500).splitlines()[480:], "the cause"],
        ),
    ],
)
def test_the_beginning_and_the_end_of_what_was_printed(streams, lines):
    assert excerpt(*streams) == lines
