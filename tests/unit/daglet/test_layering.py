"""Which images are made of layers of their own, whatever they lie on."""

from __future__ import annotations

import json

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import archives
from daglet import operations as ops
from daglet.layering import Apart, apart, is_plain, only_adds
from pipeline.bases.oci import digest_of, json_bytes, make_layer, write_archive

IMAGE = ops.FromAddress("registry.example/kept@sha256:" + "a" * 64)
ROOT = ops.CopyDirectory("/", ops.ContainerDirectory(IMAGE, "/"))
FILES = ops.CopyDirectory("/", SOURCE)
USER = ops.Setting("USER", value="1000:1000")
TITLE = ops.Setting("VOLATILE", "STAGE", "api/runtime")
DOCKER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def test_files_over_a_base_are_layers_of_their_own():
    made = chain(BASE, TITLE, FILES, USER)
    assert apart(made) == Apart(BASE, chain(ops.Scratch(), TITLE, FILES, USER))


def test_an_images_layers_are_taken_as_they_are():
    made = chain(BASE, TITLE, ROOT, FILES, USER)
    assert apart(made) == Apart(BASE, chain(IMAGE, TITLE, FILES, USER))


def test_what_is_set_of_an_image_says_nothing_of_its_layers():
    told = chain(IMAGE, ops.Setting("LABEL", "note", None))
    made = chain(BASE, ops.CopyDirectory("/", ops.ContainerDirectory(told, "/")))
    assert apart(made) == Apart(BASE, IMAGE)


def test_whether_layers_are_taken_is_told():
    assert apart(chain(BASE, ROOT, FILES)).is_taken
    assert not apart(chain(BASE, FILES, ROOT)).is_taken


def test_the_same_tree_again_is_a_layer_again():
    assert apart(chain(BASE, ROOT, FILES, ROOT)) == Apart(BASE, chain(IMAGE, FILES, ROOT))


def test_an_images_layers_over_nothing():
    assert apart(chain(ops.Scratch(), ROOT, FILES)) == Apart(None, chain(IMAGE, FILES))


def test_an_image_that_comes_later_is_copied():
    made = chain(BASE, FILES, ROOT)
    assert apart(made) == Apart(BASE, chain(ops.Scratch(), FILES, ROOT))


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
    assert apart(chain(BASE, copied)) == Apart(BASE, chain(ops.Scratch(), copied))


@pytest.mark.parametrize("change", [{"include": ("app",)}, {"exclude": ("app",)}, {"owner": "1000"}])
def test_a_part_of_an_images_root_or_one_of_another_owner_is_copied(change):
    copied = ROOT.with_(**change)
    assert apart(chain(BASE, copied)) == Apart(BASE, chain(ops.Scratch(), copied))


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


@pytest.fixture
def image(tmp_path):
    return written(tmp_path, "a")


def written(folder, name, platform="linux/amd64"):
    """Write an image with one file."""
    layer = make_layer(folder / "layer.tar.gz", 1, lambda tree: tree.file(name, b""))
    write_archive(folder / "image.tar", platform, [layer], {})
    return archives.unpack(folder / "image.tar", folder / "store")


def test_an_image_is_plain_whose_layers_can_be_told(image, tmp_path):
    (tmp_path / "whole").mkdir()
    whole = archives.joined([image, written(tmp_path, "a", "linux/arm64")], tmp_path / "whole")
    assert is_plain(image)
    assert not is_plain(whole)
    assert not is_plain(changed(image, lambda layer: layer | {"mediaType": DOCKER}))


@pytest.mark.parametrize(("name", "adds"), [("a", True), (".wh.a", False), ("lib/.wh..wh..opq", False), ("lib/a.wh.b", True)])
def test_layers_that_take_files_away_are_told(tmp_path, name, adds):
    assert only_adds(written(tmp_path, name)) is adds


def test_a_layer_that_cannot_be_looked_into_may_take_files_away(image):
    [layer] = archives.load(image.path, image.digest)["layers"]
    archives.blob(image.path, layer["digest"]).write_bytes(b"(\xb5/\xfd")
    assert not only_adds(image)


COPIED = {"comment": "buildkit.dockerfile.v0", "created_by": "COPY / / # buildkit"}
SET = {"comment": "buildkit.dockerfile.v0", "created_by": "USER 1", "empty_layer": True}
PUSHED = {"comment": "buildkit.exporter.image.v0", "created_by": "[api/runtime 1/2] LINK COPY --link --from=files / /"}
RUN = {"comment": "buildkit.dockerfile.v0", "created_by": "RUN /bin/sh -c rm -r /etc # buildkit"}


@pytest.mark.parametrize(
    ("history", "copied"),
    [
        ([COPIED], True),
        ([PUSHED, SET], True),
        ([RUN], False),
        ([SET], False),
        ([COPIED, COPIED], False),
        ([COPIED | {"comment": "by hand"}], False),
        ([COPIED | {"created_by": "pulled from registry.example/a"}], False),
    ],
)
def test_a_layer_that_was_copied_is_not_looked_into(image, history, copied):
    manifest = archives.load(image.path, image.digest)
    config = archives.blob(image.path, manifest["config"]["digest"])
    config.write_text(json.dumps(json.loads(config.read_text()) | {"history": history}))
    archives.blob(image.path, manifest["layers"][0]["digest"]).write_bytes(b"not to be read")
    assert only_adds(image) is copied


def changed(image, change):
    """Return an image with its layers described otherwise."""
    manifest = archives.load(image.path, image.digest)
    body = json_bytes({**manifest, "layers": [change(layer) for layer in manifest["layers"]]})
    archives.blob(image.path, digest_of(body)).write_bytes(body)
    return archives.Layout(image.path, digest_of(body))
