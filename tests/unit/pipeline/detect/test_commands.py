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


NESTED = [
    (
        'var root = &cobra.Command{Use: "a"}\nvar server = &cobra.Command{Use: "daemon"}\nvar start = &cobra.Command{Use: "start"}',
        "func init() { root.AddCommand(server) }",
        "func init() { server.AddCommand(start) }",
    ),
    (
        'func main() { root := &cobra.Command{Use: "a"}; root.AddCommand(newServer()) }',
        'func newServer() *cobra.Command { c := &cobra.Command{Use: "server"}; c.AddCommand(newStart(1)); return c }',
        'func newStart(n int) *cobra.Command { return &cobra.Command{Use: "start"} }',
    ),
    (
        'var app = &cli.App{Commands: []*cli.Command{{Name: "server", Subcommands: []*cli.Command{&cli.Command{Name: "start"}}}}}',
    ),
]


@pytest.mark.parametrize("bodies", NESTED)
def test_a_command_of_another_one_is_left_to_who_knows_both(tmp_path, bodies):
    found = told(tmp_path, *bodies)
    assert found.value == ("/bin/app",)
    assert found.why == "start is a command of another one: name both behind the program"


@pytest.mark.parametrize(
    "adds",
    [
        "func main() { cmd := NewRoot(); app.AddCommand(cmd) }\n\nfunc NewRoot() { cmd := build(); cmd.AddCommand(NewServe()) }",
        "func NewServe() { root := build(); root.AddCommand(serve.NewServe(), migrate.NewMigrate()); root.AddCommand(a.NewServe()) }",
    ],
)
def test_names_that_several_functions_have_are_told_apart(tmp_path, adds):
    found = told(tmp_path, adds, 'func NewServe() *cobra.Command { return &cobra.Command{Use: "serve"} }')
    assert found.value == ("/bin/app", "serve")


def test_what_the_program_itself_has_is_preferred_to_what_another_command_has(tmp_path):
    other = 'func init() { root.AddCommand(serve) }\n\nvar serve = &cobra.Command{Use: "server"}'
    assert told(tmp_path, *NESTED[0], other).value == ("/bin/app", "server")


def test_the_usual_name_is_preferred_and_placed(tmp_path):
    commands = 'var a = &cobra.Command{Use: "start"}\n\nvar b = &cobra.Command{\n\tUse: "serve",\n}'
    expected = Found("runtime.start", ("/bin/app", "serve"), "svc/1.go", 6, "its subcommand")
    assert told(tmp_path, 'var c = &cobra.Command{Use: "server"}', commands) == expected


def test_a_program_is_no_command_of_its_own_wherever_its_commands_are_added(tmp_path):
    commands = 'var m = &cobra.Command{Use: "migrate"}\n\nfunc init() { root.AddCommand(m) }'
    assert told(tmp_path, 'var root = &cobra.Command{Use: "server"}', commands) is None
