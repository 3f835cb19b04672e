"""What people see while a build runs: the forms, and which one is chosen."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
import runs
from rich.console import Console

from pipeline.progress import Lines, Quiet, choose
from pipeline.progress.ci import GitHub, GitLab
from pipeline.progress.terminal import Terminal

API, AUTH, BILLING = runs.many(12)[-1].services
STAGES = {stage.name: stage.needs for stage in API.stages}


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


def played(progress):
    """Tell a progress of two services, one of which fails; return what it wrote."""
    progress("engine: buildkit v1")
    with progress:
        for service in (API, BILLING):
            progress.event(service.service_name, "started")
            progress.planned(service.service_name, STAGES)
        progress.finished("api-gateway", "deps", 10.3, cached=True)
        progress.finished("api-gateway", "build", 4.4, cached=False)
        progress.event("api-gateway", "cache: deps: not written")
        for service in (API, BILLING):
            progress.event(service.service_name, service.status)
            progress.ended(service)
    return progress._stream.getvalue()


@pytest.mark.parametrize(
    ("form", "environ", "stream", "kind"),
    [
        ("auto", {}, io.StringIO(), Lines),
        ("auto", {}, Screen(), Terminal),
        ("auto", {"TERM": "dumb"}, Screen(), Lines),
        ("auto", {"CI": "true"}, Screen(), Lines),
        ("auto", {"GITHUB_ACTIONS": "true", "CI": "true"}, io.StringIO(), GitHub),
        ("auto", {"GITLAB_CI": "true", "CI": "true"}, io.StringIO(), GitLab),
        ("plain", {}, Screen(), Lines),
        ("plain", {"GITLAB_CI": "true"}, Screen(), GitLab),
        ("tty", {"CI": "true"}, io.StringIO(), Terminal),
        ("quiet", {}, Screen(), Quiet),
    ],
)
def test_the_form_is_what_is_asked_for_or_what_can_be_shown(form, environ, stream, kind):
    assert type(choose(form, environ, stream)) is kind


def test_lines():
    assert played(Lines(io.StringIO())).splitlines() == [
        "engine: buildkit v1",
        "api-gateway: started",
        "billing: started",
        "api-gateway: deps cached",
        "api-gateway: build ran 4.4 s",
        "api-gateway: cache: deps: not written",
        "api-gateway: built",
        "billing: failed",
    ]


def test_quiet(capfd):
    progress = Quiet()
    progress("engine")
    with progress:
        progress.event("a", "started")
        progress.ended(API)
    assert capfd.readouterr() == ("", "")


def test_a_group_of_githubs_for_each_service(golden):
    golden("pipeline/progress.github", re.sub(r"[0-9a-f]{16}", "WORD", played(GitHub(io.StringIO()))))


def test_nothing_that_a_build_prints_is_a_command_to_github():
    stream = io.StringIO()
    GitHub(stream).ended(BILLING.model_copy(update={"error_message": "::set-env name=A::b\n::endgroup::"}))
    first, stop, *inside, start, end, error = stream.getvalue().splitlines()
    assert first.startswith("::group::")
    word = stop.removeprefix("::stop-commands::")
    assert (start, end) == (f"::{word}::", "::endgroup::")
    assert inside[-2:] == ["::set-env name=A::b", "::endgroup::"]
    assert error == "::error title=billing failed::::set-env name=A::b%0A::endgroup::"


def test_a_section_of_gitlabs_for_each_service(golden, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_795_500_000.0)
    golden("pipeline/progress.gitlab", played(GitLab(io.StringIO())).replace("\x1b", "ESC").replace("\r", "CR"))


def test_a_terminal_keeps_what_has_ended():
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", played(Terminal(Screen())))
    kept = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip() and line[:1] not in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"]
    assert kept[0] == "engine: buildkit v1"
    assert "api-gateway: cache: deps: not written" in kept
    assert "✓ api-gateway          built in 5.3 s, 2 of 4 stages from the cache, 50.1 MB" in kept
    assert "✕ billing              failed in 2.0 s" in kept
    assert kept[-1] == "stage build: `go build` ended with exit code 1"


def test_a_terminal_shows_hits_what_ran_and_what_runs():
    terminal = Terminal(Screen())
    terminal.event("api-gateway", "started")
    terminal.planned("api-gateway", STAGES)
    terminal.finished("api-gateway", "deps", 10.3, cached=True)
    terminal.finished("api-gateway", "prod-deps", 6.2, cached=False)
    assert terminal._running["api-gateway"].now() == {"build"}
    console = Console(file=io.StringIO(), width=100)
    console.print(terminal._region())
    assert re.match(r". api-gateway +0\.\d s  deps cached  build  prod-deps 6\.2 s  runtime \n", console.file.getvalue())
    narrow = Console(file=io.StringIO(), width=50)
    narrow.print(terminal._region())
    assert re.match(r". api-gateway +0\.\d s  deps cached  bui…\n$", narrow.file.getvalue())


def test_a_services_name_is_no_markup():
    screen = Screen()
    with Terminal(screen) as terminal:
        terminal("[bold]as it is[/]")
    assert "[bold]as it is[/]" in screen.getvalue()


def test_what_draws_is_not_loaded_without_need():
    # What measures coverage has a database of its own.
    code = (
        "import sys; before = set(sys.modules); import pipeline.cli, pipeline.library; "
        "print([name for name in sys.modules if name in {%s} - before])"
    )
    heavy = "'rich', 'rich.live', 'jinja2', 'prometheus_client', 'opentelemetry', 'sqlite3', 'dagger'"
    done = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
