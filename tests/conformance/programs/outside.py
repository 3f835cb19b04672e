"""What is written to the client's machine."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


def _tree() -> Any:
    made = dag.directory().with_new_file("a", "a\n", permissions=0o640).with_new_file("b/run", "run\n", permissions=0o755)
    return made.with_symlink("a", "link").with_new_directory("closed", permissions=0o700)


@program
async def folder_written_out(given: Given) -> Any:
    await _tree().export(str(given.out / "x"))
    return given.out / "x"


@program
async def folder_written_over_another(given: Given) -> Any:
    (given.out / "b").mkdir()
    (given.out / "b" / "kept").write_text("kept\n")
    (given.out / "a").write_text("older\n")
    await _tree().export(str(given.out))
    return given.out


@program
async def folder_written_in_the_place_of_another(given: Given) -> Any:
    (given.out / "x").mkdir()
    (given.out / "x" / "gone").write_text("gone\n")
    await _tree().export(str(given.out / "x"), wipe=True)
    return given.out / "x"


@program
async def folder_written_below_what_is_missing(given: Given) -> Any:
    await _tree().export(str(given.out / "new" / "x"))
    return given.out


@program
async def empty_folder_written_out(given: Given) -> Any:
    await dag.directory().export(str(given.out / "x"))
    return given.out / "x"


@program
async def folder_of_a_command_written_out(given: Given) -> Any:
    made = given.base.with_user("node").with_workdir("/home/node").with_exec(["sh", "-c", "echo 1 >a; mkdir b; chmod 0750 b"])
    await made.directory("/home/node").export(str(given.out / "x"))
    return given.out / "x"


@program
async def times_written_out(given: Given) -> Any:
    await _tree().with_timestamps(1_234_567_890).export(str(given.out / "x"))
    return given.out / "x"


@program
async def host_folder_written_out(given: Given) -> Any:
    await dag.host().directory(str(given.host), include=["src", "run.sh"]).export(str(given.out / "x"))
    return given.out / "x"


@program
async def file_written_out(given: Given) -> Any:
    await _tree().file("b/run").export(str(given.out / "app"))
    return given.out


@program
async def file_written_over_another(given: Given) -> Any:
    (given.out / "app").write_text("older and longer\n")
    await _tree().file("a").export(str(given.out / "app"))
    return given.out


@program
async def file_written_below_what_is_missing(given: Given) -> Any:
    await _tree().file("a").export(str(given.out / "new" / "app"))
    return given.out


@program
async def file_written_into_a_folder(given: Given) -> Any:
    await _tree().file("a").export(str(given.out), allow_parent_dir_path=True)
    return given.out


@program
async def file_written_onto_a_folder(given: Given) -> Any:
    await _tree().file("a").export(str(given.out))
    return given.out


@program
async def export_tells_where_it_wrote(given: Given) -> Any:
    told = await _tree().file("a").export(str(given.out / "app"))
    return told == str(given.out / "app")
