"""By which of its commands a program serves."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.found import Found
from pipeline.detect.golang.commands import subcommand
from pipeline.detect.programs import GO_FILES, programs


def told(tmp_path, *bodies):
    write(tmp_path, {f"{number}.go": f"package a\n\n{body}\n" for number, body in enumerate(bodies)})
    return subcommand(programs(tmp_path, "svc", GO_FILES))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('var c = &cobra.Command{Use: "serve", Short: "start"}', "serve"),
        ('var c = cobra.Command{Short: "the API", Use: "server [flags]"}', "server"),
        ('var c = []*cli.Command{{Name: "version"}, &cli.Command{Name: "start", Action: run}}', "start"),
        ('var c = &cobra.Command{Use: "migrate", Short: "serve"}', ""),
        ("var c = &cobra.Command{Use: name}", ""),
        ('var c = &cobra.Command{Use: ""}', ""),
        ('var c = &cobra.Command{Use: "server"}\n\nfunc init() { c.AddCommand(&cobra.Command{Use: "migrate"}) }', ""),
        ('func x() { c := &cobra.Command{Use: "server"}; c.AddCommand(migrate) }', ""),
        (
            'func x() { c := &cobra.Command{Use: "a"}; c.AddCommand(y()) }\n\nfunc y() { c := &cobra.Command{Use: "serve"}; c.Flags() }',
            "serve",
        ),
        ('var c = &OtherCommands{Use: "serve"}', ""),
        ('var c = exec.Command("serve")', ""),
    ],
)
def test_a_program_serves_by_its_subcommand(tmp_path, body, expected):
    found = told(tmp_path, body)
    assert (found.value if found else None) == (("/bin/app", expected) if expected else None)


def test_the_usual_name_is_preferred_and_placed(tmp_path):
    commands = 'var a = &cobra.Command{Use: "start"}\n\nvar b = &cobra.Command{\n\tUse: "serve",\n}'
    expected = Found("runtime.start", ("/bin/app", "serve"), "svc/1.go", 6, "its subcommand")
    assert told(tmp_path, 'var c = &cobra.Command{Use: "server"}', commands) == expected


def test_a_program_is_no_command_of_its_own_wherever_its_commands_are_added(tmp_path):
    commands = 'var m = &cobra.Command{Use: "migrate"}\n\nfunc init() { root.AddCommand(m) }'
    assert told(tmp_path, 'var root = &cobra.Command{Use: "server"}', commands) is None
