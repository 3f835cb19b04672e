"""Which files of a tree are taken: include and exclude."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


def _tree() -> Any:
    made = dag.directory()
    for path in ("a.txt", "b.md", "src/a.txt", "src/b.md", "src/deep/a.txt", "src/deep/c.go", ".hidden", "other/a.txt"):
        made = made.with_new_file(path, f"{path}\n")
    return made.with_new_directory("hollow", permissions=0o755)


@program
async def exclude_a_name(_: Given) -> Any:
    return _tree().filter(exclude=["a.txt"])


@program
async def exclude_a_name_at_any_depth(_: Given) -> Any:
    return _tree().filter(exclude=["**/a.txt"])


@program
async def exclude_a_folder(_: Given) -> Any:
    return _tree().filter(exclude=["src"])


@program
async def exclude_a_folder_with_a_slash(_: Given) -> Any:
    return _tree().filter(exclude=["src/"])


@program
async def exclude_all_but_one(_: Given) -> Any:
    return _tree().filter(exclude=["**", "!src/deep/c.go"])


@program
async def exclude_the_content_of_a_folder(_: Given) -> Any:
    return _tree().filter(exclude=["src/*"])


@program
async def exclude_by_a_class_of_letters(_: Given) -> Any:
    return _tree().filter(exclude=["[ab].*", "?hidden"])


@program
async def include_a_name(_: Given) -> Any:
    return _tree().filter(include=["a.txt"])


@program
async def include_by_an_extension_at_any_depth(_: Given) -> Any:
    return _tree().filter(include=["**/*.txt"])


@program
async def include_a_folder(_: Given) -> Any:
    return _tree().filter(include=["src"])


@program
async def include_a_folder_inside_a_folder(_: Given) -> Any:
    return _tree().filter(include=["src/deep/"])


@program
async def include_an_empty_folder(_: Given) -> Any:
    return _tree().filter(include=["hollow"])


@program
async def include_all_but_some(_: Given) -> Any:
    return _tree().filter(include=["**", "!**/*.md"])


@program
async def include_and_exclude(_: Given) -> Any:
    return _tree().filter(include=["src"], exclude=["**/*.md"])


@program
async def include_what_is_not_there(_: Given) -> Any:
    return _tree().filter(include=["missing"])


@program
async def copy_with_exclude(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree(), exclude=["**/*.txt", "src/deep"])


@program
async def copy_with_include(_: Given) -> Any:
    return dag.directory().with_directory("x", _tree(), include=["src/**/*.go"])


@program
async def copy_into_a_container_with_include_and_exclude(given: Given) -> Any:
    return given.base.with_directory("/srv", _tree(), include=["src"], exclude=["**/deep"])


@program
async def filter_of_what_a_command_made(given: Given) -> Any:
    made = given.base.with_exec(["sh", "-c", "mkdir -p /o/a /o/b && echo 1 >/o/a/x && echo 2 >/o/b/y && chmod 0700 /o/a"])
    return made.directory("/o").filter(exclude=["b"])


@program
async def filter_keeps_modes_of_folders(_: Given) -> Any:
    made = dag.directory().with_new_directory("a", permissions=0o700).with_new_file("a/b/c", "c\n").with_new_file("d", "d\n")
    return made.filter(include=["a/b/c"])


@program
async def filter_of_a_filter(_: Given) -> Any:
    return _tree().filter(include=["src"]).filter(exclude=["**/*.md"])
