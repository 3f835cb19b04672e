"""What a caller says stands in an instruction as a word of it, and is no more than that."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import instructions as ins
from daglet import operations as ops
from daglet.dockerfile import Options, render
from daglet.errors import InvalidOperation


@pytest.mark.parametrize("value", ["a\nRUN evil", "tab\t", "nul\x00", "del\x7f"])
def test_control_characters_never_reach_an_instruction(value):
    with pytest.raises(InvalidOperation, match="control character"):
        render(chain(BASE, ops.Setting("ENV", "X", value)))


@pytest.mark.parametrize(
    ("path", "written"), [("/a b", '["/", "/a b/"]'), ('/a"b', '["/", "/a\\"b/"]'), ("/ä", '["/", "/ä/"]')]
)
def test_odd_paths_are_taken_literally(path, written):
    assert f"COPY --from=api {written}" in render(chain(BASE, ops.CopyDirectory(path, SOURCE))).dockerfile


@pytest.mark.parametrize("path", ["/a$HOME", "/a\nb", "/[a]", "/a\\b"])
def test_odd_paths_are_refused_not_expanded(path):
    with pytest.raises(InvalidOperation, match="has a character that COPY would not take literally"):
        render(chain(BASE, ops.CopyDirectory(path, SOURCE)))


LINE = "\nRUN evil"


@pytest.mark.parametrize("kind", ["SECRET", "VOLATILE"])
@pytest.mark.parametrize(
    "name", [f"A{LINE}", "A,target=/etc/passwd", "A B", 'A"', "A'", "A\\", "$A", "A=B", "A\x7f", "A\u2028", ""]
)
def test_a_variables_name_is_no_more_than_that(kind, name):
    given = ops.Setting(kind, name, secret=ops.Secret("s")) if kind == "SECRET" else ops.Setting(kind, name, "v")
    with pytest.raises(InvalidOperation, match="is no name of a variable"):
        render(chain(BASE, given, ops.Exec(("true",))), Options("STAGE"))


def test_a_variables_name_may_be_any_that_npm_reads():
    name = "npm_config_//r.example/:_authToken"
    given = ops.Setting("SECRET", name, secret=ops.Secret("s"))
    assert f"--mount=type=secret,id=s,env={name} " in render(chain(BASE, given, ops.Exec(("true",)))).dockerfile


@pytest.mark.parametrize("address", [f"a:1{LINE}", "a b", "$A", "--a", "a\\", ""])
def test_an_address_is_no_more_than_that(address):
    with pytest.raises(InvalidOperation, match="is no address of an image"):
        render(ops.FromAddress(address))


def test_a_registry_may_be_at_a_number():
    assert "FROM [::1]:5000/a/b_c:1@sha256:ab AS " in render(ops.FromAddress("[::1]:5000/a/b_c:1@sha256:ab")).dockerfile


def test_a_platform_is_no_more_than_that():
    with pytest.raises(InvalidOperation, match="is not a plain name"):
        render(edited(ops.CopyDirectory("/", ops.ContainerDirectory(ops.FromAddress("a:1", f"linux{LINE}"), "/"))))


def test_an_address_without_a_tag_is_no_name_of_a_stage_or_a_build_context():
    tool = chain(ops.FromAddress("node"), ops.CopyDirectory("/", ops.HostDirectory("/x/node")))
    plan = render(
        chain(ops.FromAddress("empty"), ops.MakeDirectory("/a"), ops.CopyDirectory("/", ops.ContainerDirectory(tool, "/")))
    )
    sources = [line.split()[1] for line in plan.dockerfile.splitlines() if line.startswith("FROM ")]
    assert sources == ["scratch", "node:latest", "empty:latest"]
    assert ([*plan.contexts], set(plan.addresses)) == (["node"], {"node", "empty"})


@pytest.mark.parametrize("command", [f"true{LINE}", "true \\", "true \\ ", "nul\x00"])
def test_a_health_checks_command_is_no_more_than_that(command):
    with pytest.raises(InvalidOperation, match="cannot be the command of a health check"):
        render(chain(BASE, ops.Healthcheck("HEALTHCHECK", value=(command,), shell=True)))


def test_a_health_check_may_hold_what_a_shell_reads():
    text = render(chain(BASE, ops.Healthcheck("HEALTHCHECK", value=("a \\$B", '"c"\t| d'), shell=True))).dockerfile
    assert 'HEALTHCHECK CMD a \\$B "c"\t| d\n' in text


def test_commands_are_in_exec_form():
    assert ins.exec_form(["sh", "-c", 'echo "$HOME"\n']) == '["sh", "-c", "echo \\"$HOME\\"\\n"]'


@pytest.mark.parametrize(
    ("contents", "fits"),
    [
        ("a\n", True),
        ("no end", False),
        ("carriage\r\n", False),
        ("nul\x00\n", False),
        ("", False),
        ("tab\t\n", True),
        ("X\x1f\n", False),
        (("x" * 1023 + "\n") * 1024, True),
        (("x" * 1023 + "\n") * 1024 + "\n", False),
        ("x" * 65535 + "\n", True),
        ("x" * 65536 + "\n", False),
        ("a\n" + "ä" * 32768 + "\n", False),
    ],
)
def test_heredocs_take_only_what_they_give_back(contents, fits):
    assert ins.fits_heredoc(contents) is fits


@pytest.mark.parametrize("title", ["syntax=evil/frontend", "escape = `", "check=skip=all"])
def test_a_title_is_no_directive(title):
    first = render(chain(BASE, ops.Setting("VOLATILE", "STAGE", title)), Options("STAGE")).dockerfile.splitlines()[0]
    assert first == f"# stage {title}"


def test_a_title_stays_a_comment():
    titled = chain(ops.Scratch(), ops.Setting("VOLATILE", "STAGE", "web\nRUN evil\u2028RUN evil"))
    assert render(titled, Options("STAGE")).dockerfile == "# web RUN evil RUN evil\nFROM scratch AS web-run-evil-run-evil\n"
