"""New files: content, name, mode, owner."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def new_file_in_a_directory(_: Given) -> Any:
    return dag.directory().with_new_file("a.txt", "hello\n")


@program
async def new_file_makes_its_parents(_: Given) -> Any:
    return dag.directory().with_new_file("deep/er/a.txt", "hello\n")


@program
async def new_file_with_a_mode(_: Given) -> Any:
    return dag.directory().with_new_file("run", "#!/bin/sh\n", permissions=0o750)


@program
async def new_file_with_special_mode_bits(_: Given) -> Any:
    return dag.directory().with_new_file("run", "x\n", permissions=0o4755)


@program
async def new_file_over_an_older_one(_: Given) -> Any:
    return dag.directory().with_new_file("a", "old\n", permissions=0o600).with_new_file("a", "new\n")


@program
async def new_file_without_a_last_line_break(_: Given) -> Any:
    return dag.directory().with_new_file("a", "no line break")


@program
async def new_file_that_is_empty(_: Given) -> Any:
    return dag.directory().with_new_file("a", "")


@program
async def new_file_with_quotes_dollars_and_backslashes(_: Given) -> Any:
    return dag.directory().with_new_file("a", "$HOME `id` \"quoted\" 'single' \\n \\\n<<EOF\nEOF\n")


@program
async def new_file_with_carriage_returns_and_tabs(_: Given) -> Any:
    return dag.directory().with_new_file("a", "one\r\ntwo\r\n\tthree\n")


@program
async def new_file_with_letters_of_many_scripts(_: Given) -> Any:
    return dag.directory().with_new_file("a", "Grüße, κόσμε, 世界\n")


@program
async def new_file_with_a_space_in_its_name(_: Given) -> Any:
    return dag.directory().with_new_file("two words", "x\n")


@program
async def new_file_in_a_container(given: Given) -> Any:
    return given.base.with_new_file("/srv/a", "hello\n", permissions=0o640)


@program
async def new_file_in_a_container_with_an_owner(given: Given) -> Any:
    return given.base.with_new_file("/srv/a", "hello\n", owner="1000:1001")


@program
async def new_file_in_an_empty_container(_: Given) -> Any:
    return dag.container().with_new_file("/a", "hello\n")


@program
async def new_file_at_a_relative_path_of_a_container(given: Given) -> Any:
    return given.base.with_workdir("/home/node").with_new_file("a", "hello\n")


@program
async def new_file_over_a_folder(_: Given) -> Any:
    return dag.directory().with_new_directory("a").with_new_file("a", "hello\n")


@program
async def a_file_by_itself(_: Given) -> Any:
    return dag.file("a.txt", "hello\n", permissions=0o604)


@program
async def file_under_another_name(_: Given) -> Any:
    return dag.file("a.txt", "hello\n").with_name("b.txt")


@program
async def file_at_a_path(_: Given) -> Any:
    return dag.directory().with_file("x/y.txt", dag.file("a.txt", "hello\n"))


@program
async def file_into_a_folder_keeps_its_name(_: Given) -> Any:
    return dag.directory().with_file("x/", dag.file("a.txt", "hello\n"))


@program
async def file_onto_a_folder_that_is_there(_: Given) -> Any:
    return dag.directory().with_new_directory("x").with_file("x", dag.file("a.txt", "hello\n"))


@program
async def file_with_another_mode(_: Given) -> Any:
    return dag.directory().with_file("a", dag.file("a", "hello\n"), permissions=0o700)


@program
async def file_keeps_its_mode(_: Given) -> Any:
    return dag.directory().with_file("a", dag.file("a", "hello\n", permissions=0o444))


@program
async def file_in_a_container_with_mode_and_owner(given: Given) -> Any:
    return given.base.with_file("/opt/a", dag.file("a", "hello\n"), permissions=0o755, owner="1001")


@program
async def file_from_a_directory(_: Given) -> Any:
    return dag.directory().with_new_file("deep/a", "hello\n", permissions=0o600).file("deep/a")


@program
async def file_from_a_container(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "echo made >/made && chmod 0640 /made"])
    return dag.directory().with_file("copy", made.file("/made"))


@program
async def several_files_at_once(_: Given) -> Any:
    return dag.directory().with_files("x", [dag.file("a", "a\n"), dag.file("b", "b\n")])


@program
async def files_taken_away(_: Given) -> Any:
    made = dag.directory().with_new_file("a", "a\n").with_new_file("b", "b\n").with_new_file("c", "c\n")
    return made.without_file("a").without_files(["b", "missing"])


@program
async def files_taken_away_by_pattern(_: Given) -> Any:
    return dag.directory().with_new_file("a.txt", "a\n").with_new_file("b.md", "b\n").without_file("*.txt")


@program
async def files_taken_out_of_a_container(given: Given) -> Any:
    return given.base.without_file("/bin/wc").without_directory("/home")
