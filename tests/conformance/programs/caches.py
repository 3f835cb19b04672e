"""Cache volumes."""

from typing import Any

from dagger import CacheSharingMode, dag

from conformance.program import Given, program


def _look(folder: str) -> list[str]:
    return ["sh", "-c", f"stat -c '%a %u:%g' {folder}; ls {folder}"]


@program
async def cache_is_kept_between_commands(given: Given) -> Any:
    cache = dag.cache_volume(f"kept-{given.fresh}")
    made = given.base.with_mounted_cache("/c", cache).with_exec(["sh", "-c", "echo 1 >/c/a"])
    return await made.with_exec(["cat", "/c/a"]).stdout()


@program
async def cache_is_shared_by_key(given: Given) -> Any:
    volume = dag.cache_volume(f"by-key-{given.fresh}")
    await given.base.with_mounted_cache("/c", volume).with_exec(["sh", "-c", "echo 1 >/c/a"]).sync()
    again = dag.cache_volume(f"by-key-{given.fresh}")
    return await given.base.with_mounted_cache("/other", again).with_exec(["cat", "/other/a"]).stdout()


@program
async def cache_of_another_key_is_another(given: Given) -> Any:
    await given.base.with_mounted_cache("/c", dag.cache_volume(f"one-{given.fresh}")).with_exec(["touch", "/c/a"]).sync()
    return await given.base.with_mounted_cache("/c", dag.cache_volume(f"two-{given.fresh}")).with_exec(["ls", "/c"]).stdout()


@program
async def cache_is_not_in_the_image(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c/d", dag.cache_volume(f"image-{given.fresh}"))
    return made.with_exec(["sh", "-c", "echo 1 >/c/d/a"])


@program
async def cache_belongs_to_root(given: Given) -> Any:
    return await given.base.with_mounted_cache("/c", dag.cache_volume(f"root-{given.fresh}")).with_exec(_look("/c")).stdout()


@program
async def cache_with_an_owner(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"owner-{given.fresh}"), owner="1000:1001")
    return await made.with_exec(_look("/c")).stdout()


@program
async def cache_with_an_owner_by_name(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"name-{given.fresh}"), owner="node")
    return await made.with_exec(_look("/c")).stdout()


@program
async def cache_with_an_owner_of_its_own(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"own-{given.fresh}", owner="1000:1000"))
    return await made.with_exec(_look("/c")).stdout()


@program
async def cache_of_a_user_can_be_written_by_the_user(given: Given) -> Any:
    made = given.base.with_user("node").with_mounted_cache("/c", dag.cache_volume(f"user-{given.fresh}"), owner="node")
    return await made.with_exec(["touch", "/c/a"]).with_exec(_look("/c")).stdout()


@program
async def cache_of_root_cannot_be_written_by_a_user(given: Given) -> Any:
    made = given.base.with_user("node").with_mounted_cache("/c", dag.cache_volume(f"closed-{given.fresh}"))
    return made.with_exec(["touch", "/c/a"])


@program
async def cache_that_is_locked(given: Given) -> Any:
    volume = dag.cache_volume(f"locked-{given.fresh}")
    made = given.base.with_mounted_cache("/c", volume, sharing=CacheSharingMode.LOCKED)
    return await made.with_exec(["sh", "-c", "echo 1 >/c/a"]).with_exec(["cat", "/c/a"]).stdout()


@program
async def cache_that_is_private(given: Given) -> Any:
    volume = dag.cache_volume(f"private-{given.fresh}")
    made = given.base.with_mounted_cache("/c", volume, sharing=CacheSharingMode.PRIVATE)
    return await made.with_exec(["sh", "-c", "echo 1 >/c/a; cat /c/a"]).stdout()


@program
async def cache_that_starts_with_files(given: Given) -> Any:
    start = dag.directory().with_new_file("a", "a\n")
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"start-{given.fresh}"), source=start)
    return await made.with_exec(_look("/c")).stdout()


@program
async def cache_at_a_relative_path(given: Given) -> Any:
    made = given.base.with_workdir("/home/node").with_mounted_cache(".cache", dag.cache_volume(f"relative-{given.fresh}"))
    return await made.with_exec(["sh", "-c", "touch .cache/a; ls /home/node/.cache"]).stdout()


@program
async def cache_taken_away(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"away-{given.fresh}")).with_exec(["touch", "/c/a"])
    return await made.without_mount("/c").with_exec(["sh", "-c", "ls /c"]).stdout()


@program
async def cache_with_odd_letters_in_its_key(given: Given) -> Any:
    volume = dag.cache_volume(f"a,b c=d/é-{given.fresh}")
    made = given.base.with_mounted_cache("/c", volume).with_exec(["sh", "-c", "echo 1 >/c/a"])
    return await made.with_exec(["cat", "/c/a"]).stdout()


@program
async def content_of_a_cache_cannot_be_taken(given: Given) -> Any:
    made = given.base.with_mounted_cache("/c", dag.cache_volume(f"taken-{given.fresh}")).with_exec(["touch", "/c/a"])
    return made.directory("/c")
