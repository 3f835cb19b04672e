"""Commands that pages name in passing or that other tests run: they exist, with the options that they are shown with."""

from __future__ import annotations

import re
import tomllib

import pytest
import typer
from dagger.mod import default_module
from documents import ROOT, inline, pages, prompted, read

from pipeline.cli import app
from pipeline.module import Pipeline

PAGES = [*pages(), "docs/doctor.md", "CONTRIBUTING.md", "examples/release/README.md"]
VERSION = tomllib.loads(read("pyproject.toml"))["project"]["version"]
PACKAGE = f"git+https://git.example/team/pipeline@v{VERSION}"


def fault(words):
    """Return the first word that the command line does not know."""
    command, known = typer.main.get_command(app), set()
    for word in words:
        name = word.partition("=")[0]
        if word.startswith("-"):
            if name not in known:
                return word
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        elif hasattr(command, "commands"):
            return word
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page):
    for words in inline(page, "pipeline"):
        assert fault(words[1:]) == "", " ".join(words)


@pytest.mark.parametrize(
    ("words", "expected"), [("biuld", "biuld"), ("build --taget x", "--taget"), ("engine x", "x"), ("plan a", "")]
)
def test_one_that_does_not_exist_is_noticed(words, expected):
    assert fault(words.split()) == expected


@pytest.mark.parametrize("page", PAGES)
def test_functions_that_are_named_exist(page):
    known = {name.replace("_", "-") for name in default_module().get_object(Pipeline.__name__).functions} | {"release"}
    for words in [*inline(page, "dagger"), *(line.split() for line in prompted(page) if line.startswith("dagger "))]:
        if "call" in words[:-1]:
            after = words[words.index("call") + 1 :]
            assert next((word for word in after if word in known), "") or after[0].startswith("…"), " ".join(words)


OTHERS = {"docs/monorepos.md": "tests/engine/test_since.py"}


@pytest.mark.parametrize("page", PAGES)
def test_commands_with_a_prompt_are_run_by_another_test(page):
    """Those of a Dagger Engine by `make test-dagger`, those that install this program by tests/engine/test_ci.py, others as told."""
    if page in OTHERS:
        assert f'prompted("{page}")' in read(OTHERS[page])
        return
    installing = [
        f"export PIPELINE_PACKAGE={PACKAGE}",
        *read("ci/github.yml").replace("sudo --preserve-env ", "").split("- run: "),
    ]
    for line in prompted(page):
        assert line.startswith("dagger ") or line in {text.partition("\n")[0] for text in installing}


def test_the_version_is_the_same_wherever_one_is_installed():
    texts = [path.read_text() for path in (ROOT / "ci").iterdir()] + [read(page) for page in PAGES]
    assert {match for text in texts for match in re.findall(r"/team/pipeline@v([\d.]*\d)", text)} == {VERSION}
