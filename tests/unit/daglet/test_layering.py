"""Which images are made of layers of their own, whatever they lie on."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import operations as ops
from daglet.layering import Apart, apart

IMAGE = ops.FromAddress("registry.example/kept@sha256:" + "a" * 64)
ROOT = ops.CopyDirectory("/", ops.ContainerDirectory(IMAGE, "/"))
FILES = ops.CopyDirectory("/", SOURCE)
USER = ops.Setting("USER", value="1000:1000")
TITLE = ops.Setting("VOLATILE", "STAGE", "api/runtime")


def test_files_over_a_base_are_layers_of_their_own():
    made = chain(BASE, TITLE, FILES, USER)
    assert apart(made) == Apart(BASE, chain(ops.Scratch(), TITLE, FILES, USER), taken=False)


def test_an_images_layers_are_taken_as_they_are():
    made = chain(BASE, TITLE, ROOT, FILES, USER)
    assert apart(made) == Apart(BASE, chain(IMAGE, TITLE, FILES, USER), taken=True)


def test_what_is_set_of_an_image_says_nothing_of_its_layers():
    told = chain(IMAGE, ops.Setting("LABEL", "note", None))
    made = chain(BASE, ops.CopyDirectory("/", ops.ContainerDirectory(told, "/")))
    assert apart(made) == Apart(BASE, IMAGE, taken=True)


def test_an_images_layers_over_nothing():
    assert apart(chain(ops.Scratch(), ROOT, FILES)) == Apart(None, chain(IMAGE, FILES), taken=True)


def test_an_image_that_comes_later_is_copied():
    made = chain(BASE, FILES, ROOT)
    assert apart(made) == Apart(BASE, chain(ops.Scratch(), FILES, ROOT), taken=False)


def test_the_platform_stays():
    base = ops.FromArchive(BASE.archive, "", "linux/arm64")
    own = apart(chain(base, FILES)).own
    assert own.platform == "linux/arm64"


@pytest.mark.parametrize(
    "source",
    [
        ops.ContainerDirectory(IMAGE, "/app"),
        ops.ContainerDirectory(chain(IMAGE, ops.Exec(("rm", "/a"))), "/"),
        ops.ContainerDirectory(IMAGE.with_(for_platform="linux/arm64"), "/"),
        edited(FILES),
    ],
)
def test_a_tree_that_is_no_images_root_is_copied(source):
    copied = ops.CopyDirectory("/", source)
    assert apart(chain(BASE, copied)) == Apart(BASE, chain(ops.Scratch(), copied), taken=False)


@pytest.mark.parametrize("change", [{"include": ("app",)}, {"exclude": ("app",)}, {"owner": "1000"}])
def test_a_part_of_an_images_root_or_one_of_another_owner_is_copied(change):
    copied = ROOT.with_(**change)
    assert apart(chain(BASE, copied)) == Apart(BASE, chain(ops.Scratch(), copied), taken=False)


@pytest.mark.parametrize(
    "step",
    [
        ops.Exec(("true",)),
        ops.CopyDirectory("/app", SOURCE),
        ops.CopyDirectory("/", SOURCE, owner="node"),
        ops.CopyFile("/a", ops.NewFile("a", "text")),
        ops.MakeDirectory("/a"),
        ops.Remove(("/etc",)),
        ops.Setting("ENTRYPOINT", "keep", ("node",)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_depends_on_the_base_is_made_on_it(step):
    assert apart(chain(BASE, FILES, step)) is None


@pytest.mark.parametrize(
    "made",
    [BASE, chain(BASE, USER), ops.Scratch(), chain(ops.Scratch(), FILES), chain(IMAGE, FILES)],
    ids=["base", "settings", "nothing", "files over nothing", "a base at an address"],
)
def test_where_nothing_is_gained_all_is_left_to_the_engine(made):
    assert apart(made) is None
