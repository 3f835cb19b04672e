"""Images as archives: importing, exporting, several platforms."""

from typing import Any

from dagger import Platform, dag

from conformance.observe import read_image
from conformance.program import Given, program

_OTHER = Platform("linux/arm64")


@program
async def exported_image_can_be_imported(given: Given) -> Any:
    path = given.out / "image.tar"
    await given.base.with_new_file("/a", "a\n").with_entrypoint(["/bin/true"]).export(str(path))
    return dag.container().import_(dag.host().file(str(path)))


@program
async def image_as_a_file_can_be_imported(given: Given) -> Any:
    packed = given.base.with_new_file("/a", "a\n").with_label("x", "y").as_tarball()
    return dag.container().import_(packed).with_new_file("/b", "b\n")


@program
async def image_as_a_file_can_be_exported(given: Given) -> Any:
    path = given.out / "image.tar"
    await given.base.with_new_file("/a", "a\n").as_tarball().export(str(path))
    return dag.container().import_(dag.host().file(str(path)))


@program
async def imported_image_runs(given: Given) -> Any:
    packed = given.base.with_new_file("/a", "a\n").as_tarball()
    return await dag.container().import_(packed).with_exec(["cat", "/a"]).stdout()


@program
async def image_of_another_platform(_: Given) -> Any:
    return dag.container(platform=_OTHER).with_new_file("/a", "a\n").with_env_variable("A", "a")


@program
async def image_of_two_platforms(given: Given) -> Any:
    own, other = (dag.container(platform=p).with_new_file("/a", f"{p}\n") for p in (Platform("linux/amd64"), _OTHER))
    path = given.out / "image.tar"
    await dag.container().export(str(path), platform_variants=[own, other])
    return read_image(path, given.dressed)


@program
async def image_of_two_platforms_imported_for_one(given: Given) -> Any:
    own, other = (dag.container(platform=p).with_new_file("/a", f"{p}\n") for p in (Platform("linux/amd64"), _OTHER))
    path = given.out / "image.tar"
    await dag.container().export(str(path), platform_variants=[own, other])
    return dag.container(platform=_OTHER).import_(dag.host().file(str(path)))


@program
async def file_that_is_no_image(_: Given) -> Any:
    return dag.container().import_(dag.file("image.tar", "no image\n"))


@program
async def import_into_a_container_that_has_something(given: Given) -> Any:
    archive = dag.host().file(str(given.dressed))
    return dag.container().with_env_variable("EARLIER", "1").with_label("earlier", "1").import_(archive)


@program
async def files_removed_from_an_image_do_not_come_back(given: Given) -> Any:
    before = given.base.with_new_file("/srv/a", "a\n").with_new_file("/srv/b", "b\n")
    return dag.container().import_(before.without_file("/srv/a").as_tarball())
