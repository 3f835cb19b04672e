"""Plain values: what is told of trees and files."""

from typing import Any

from dagger import Platform, dag

from conformance.program import Given, program


def _tree() -> Any:
    made = dag.directory().with_new_file("b.txt", "b\n").with_new_file("a/deep/x.py", "x\n", permissions=0o750)
    return made.with_new_file(".hidden", "h\n").with_symlink("a", "link").with_new_directory("empty", permissions=0o711)


@program
async def entries(_: Given) -> Any:
    return [await _tree().entries(), await _tree().entries(path="a"), await _tree().entries(path="empty")]


@program
async def entries_of_a_file(_: Given) -> Any:
    return await _tree().entries(path="b.txt")


@program
async def entries_of_what_is_missing(_: Given) -> Any:
    return await _tree().entries(path="missing")


@program
async def entries_of_a_link(_: Given) -> Any:
    return await _tree().entries(path="link")


@program
async def glob(_: Given) -> Any:
    return {pattern: await _tree().glob(pattern) for pattern in ("*", "**", "**/*.py", "a/*", "*.txt", "missing*", "a/**")}


@program
async def exists(_: Given) -> Any:
    return {path: await _tree().exists(path) for path in ("a", "a/deep/x.py", "link", "missing", "a/missing", "link/deep")}


@program
async def stat(_: Given) -> Any:
    found = {}
    for path in ("a", "a/deep/x.py", "b.txt", "empty"):
        told = _tree().stat(path)
        found[path] = [await told.name(), (await told.file_type()).value, oct(await told.permissions())]
    return found


@program
async def stat_of_a_link(_: Given) -> Any:
    told = _tree().stat("link")
    return [await told.name(), (await told.file_type()).value]


@program
async def stat_tells_a_files_size(_: Given) -> Any:
    return await _tree().stat("b.txt").size()


@program
async def stat_of_what_is_missing(_: Given) -> Any:
    return await _tree().stat("missing").size()


@program
async def content_of_a_file(_: Given) -> Any:
    return await _tree().file("a/deep/x.py").contents()


@program
async def content_of_some_lines(_: Given) -> Any:
    return await dag.file("a", "1\n2\n3\n4\n").contents(offset_lines=1, limit_lines=2)


@program
async def content_of_a_folder(_: Given) -> Any:
    return await _tree().file("a").contents()


@program
async def content_of_what_is_missing(_: Given) -> Any:
    return await _tree().file("missing").contents()


@program
async def content_of_bytes_that_are_no_text(given: Given) -> Any:
    return await dag.host().file(str(given.host / "binary.dat")).contents()


@program
async def name_and_size_of_a_file(_: Given) -> Any:
    file = dag.directory().with_new_file("deep/é.txt", "grüße\n").file("deep/é.txt")
    return [await file.name(), await file.size()]


@program
async def digest_is_the_same_for_the_same_files(given: Given) -> Any:
    one = dag.directory().with_new_file("a", "a\n").with_new_file("b", "b\n")
    two = dag.directory().with_new_file("b", "b\n").with_new_file("a", "a\n")
    built = given.base.with_exec(["sh", "-c", "mkdir /o && cd /o && echo a >a && echo b >b"]).directory("/o")
    digests = [await item.digest() for item in (one, two, built)]
    return [digests[0].partition(":")[0], *(digest == digests[0] for digest in digests)]


@program
async def digest_tells_of_a_change(_: Given) -> Any:
    plain = dag.directory().with_new_file("a", "a\n").with_timestamps(1)
    others = {
        "content": dag.directory().with_new_file("a", "b\n").with_timestamps(1),
        "name": dag.directory().with_new_file("b", "a\n").with_timestamps(1),
        "mode": dag.directory().with_new_file("a", "a\n", permissions=0o600).with_timestamps(1),
        "time": plain.with_timestamps(2),
        "owner": plain.chown("a", "1000:1000"),
    }
    return {name: await other.digest() != await plain.digest() for name, other in others.items()}


@program
async def digest_of_a_host_folder_follows_its_filter(given: Given) -> Any:
    whole = await dag.host().directory(str(given.host)).digest()
    part = await dag.host().directory(str(given.host), include=["src"]).digest()
    other = await dag.host().directory(str(given.host)).filter(include=["src"]).digest()
    return {"part is whole": part == whole, "part is part": part == other}


@program
async def sync_gives_the_same_back(given: Given) -> Any:
    container = await given.base.with_exec(["sh", "-c", "echo 1 >/a"]).sync()
    directory = await dag.directory().with_new_file("a", "a\n").sync()
    file = await directory.file("a").sync()
    return [await container.file("/a").contents(), await directory.entries(), await file.contents()]


@program
async def platform_of_a_container(given: Given) -> Any:
    own = await dag.default_platform()
    return [await dag.container().platform() == own, await given.base.platform() == own, _system(own)]


@program
async def platform_asked_for(_: Given) -> Any:
    return await dag.container(platform=Platform("linux/arm64")).platform()


@program
async def version_of_the_api(_: Given) -> Any:
    return (await dag.version()).partition(".")[0]


@program
async def configuration_by_name(given: Given) -> Any:
    made = given.base.with_env_variable("A", "a").with_label("b", "b").with_user("node").with_workdir("/home")
    return [await made.env_variable("A"), await made.label("b"), await made.user(), await made.workdir()]


@program
async def configuration_of_the_base_by_name(given: Given) -> Any:
    made = dag.container().import_(dag.host().file(str(given.dressed)))
    texts = [await made.env_variable("FIRST"), await made.env_variable("NONE"), await made.label("org.example.a")]
    return [*texts, await made.user(), await made.workdir(), await made.entrypoint(), await made.default_args()]


@program
async def configuration_that_was_taken_away_by_name(given: Given) -> Any:
    made = dag.container().import_(dag.host().file(str(given.dressed)))
    made = (
        made.without_env_variable("FIRST").without_label("org.example.a").without_user().without_workdir().without_entrypoint()
    )
    texts = [await made.env_variable("FIRST"), await made.label("org.example.a")]
    return [*texts, await made.user(), await made.workdir(), await made.entrypoint(), await made.default_args()]


@program
async def configuration_of_an_empty_container_by_name(_: Given) -> Any:
    made = dag.container()
    texts = [await made.env_variable("PATH"), await made.label("a"), await made.user(), await made.workdir()]
    return [*texts, await made.entrypoint(), await made.default_args()]


@program
async def entrypoint_and_default_arguments_by_name(given: Given) -> Any:
    made = given.base.with_entrypoint(["a", "b"]).with_default_args(["c"])
    return [await made.entrypoint(), await made.default_args()]


def _system(platform: Platform) -> str:
    return platform.partition("/")[0]
