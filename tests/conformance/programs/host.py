"""Folders and files of the client's machine."""

from typing import Any

from dagger import dag

from conformance.program import Given, program


@program
async def host_folder(given: Given) -> Any:
    return dag.host().directory(str(given.host))


@program
async def host_folder_with_exclude(given: Given) -> Any:
    return dag.host().directory(str(given.host), exclude=[".git", "node_modules", "**/*.txt"])


@program
async def host_folder_with_include(given: Given) -> Any:
    return dag.host().directory(str(given.host), include=["src/**/*.py", "*.sh"])


@program
async def host_folder_with_include_and_exclude(given: Given) -> Any:
    return dag.host().directory(str(given.host), include=["src"], exclude=["src/lib/*.py"])


@program
async def host_folder_with_exceptions(given: Given) -> Any:
    return dag.host().directory(str(given.host), exclude=["*", "!src", "src/lib", "!src/lib/util.py"])


@program
async def host_folder_filtered_afterwards(given: Given) -> Any:
    return dag.host().directory(str(given.host), exclude=[".git"]).filter(include=["**/*.py"])


@program
async def host_folder_inside_a_folder(given: Given) -> Any:
    return dag.host().directory(str(given.host)).directory("src/lib")


@program
async def host_folder_inside_a_filtered_folder(given: Given) -> Any:
    return dag.host().directory(str(given.host), include=["src/lib"]).directory("src")


@program
async def host_folder_into_a_container(given: Given) -> Any:
    return given.base.with_directory("/srv", dag.host().directory(str(given.host), exclude=["binary.dat", ".git"]))


@program
async def host_folder_into_a_container_with_an_owner(given: Given) -> Any:
    return given.base.with_directory("/srv", dag.host().directory(str(given.host), include=["src"]), owner="1001:1001")


@program
async def host_folder_copied_with_include(given: Given) -> Any:
    return dag.directory().with_directory("x", dag.host().directory(str(given.host)), include=["src/main.py", "to-*"])


@program
async def host_folder_with_changes(given: Given) -> Any:
    folder = dag.host().directory(str(given.host), include=["src", "README.md"])
    return folder.with_new_file("src/new.py", "new\n").without_file("README.md")


@program
async def host_folder_that_is_missing(given: Given) -> Any:
    return dag.host().directory(str(given.host / "missing"))


@program
async def host_file(given: Given) -> Any:
    return dag.host().file(str(given.host / "run.sh"))


@program
async def host_file_with_bytes(given: Given) -> Any:
    return dag.host().file(str(given.host / "binary.dat"))


@program
async def host_file_with_a_space_in_its_name(given: Given) -> Any:
    return dag.host().file(str(given.host / "with space.txt"))


@program
async def host_file_that_is_a_link(given: Given) -> Any:
    return dag.host().file(str(given.host / "to-file"))


@program
async def host_file_that_is_missing(given: Given) -> Any:
    return dag.host().file(str(given.host / "missing"))


@program
async def host_file_of_a_folder(given: Given) -> Any:
    return dag.host().directory(str(given.host)).file("src/main.py")


@program
async def host_entries_and_globs(given: Given) -> Any:
    folder = dag.host().directory(str(given.host), exclude=[".git"])
    return {"entries": await folder.entries(), "inside": await folder.entries(path="src"), "glob": await folder.glob("**/*.py")}
