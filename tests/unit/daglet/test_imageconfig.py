"""Image configurations: what was asked for, nothing of BuildKit's, and nothing that was taken away."""

from __future__ import annotations

import hashlib
import json

import pytest
from graphs import BASE, chain

from daglet import archives
from daglet import operations as ops
from daglet.errors import InvalidOperation
from daglet.imageconfig import as_asked_for, as_rendered, finished, laid_over

EPOCH = "1970-01-01T00:00:00Z"
EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
BUILDKIT = {"created": EPOCH, "comment": "buildkit.dockerfile.v0"}


def image(folder, diff_ids, history, config=None, **told):
    """Write an image of layers without content into a layout."""
    (folder / "blobs" / "sha256").mkdir(parents=True)

    def added(document):
        body = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        archives.blob(folder, digest).write_bytes(body)
        return {"digest": digest, "size": len(body)}

    rootfs = {"type": "layers", "diff_ids": diff_ids}
    documents = {"created": EPOCH, "rootfs": rootfs, "history": history, "config": config or {}, **told}
    layers = [{"mediaType": "layer", "digest": f"packed-{diff_id}", "size": 1} for diff_id in diff_ids]
    manifest = {"config": added(documents), "layers": layers}
    return archives.Layout(folder, added(manifest)["digest"])


def read(layout):
    manifest = archives.load(layout.path, layout.digest)
    return manifest, archives.load(layout.path, manifest["config"]["digest"])


def test_layers_that_change_nothing_go(tmp_path):
    layout = image(tmp_path, ["sha256:1", EMPTY, "sha256:2"], [BUILDKIT] * 3)
    manifest, config = read(finished(layout, ops.Scratch()))
    assert [layer["digest"] for layer in manifest["layers"]] == ["packed-sha256:1", "packed-sha256:2"]
    assert config["rootfs"]["diff_ids"] == ["sha256:1", "sha256:2"]
    assert len(config["history"]) == 2


def test_an_image_keeps_one_layer(tmp_path):
    _, config = read(finished(image(tmp_path, [EMPTY, EMPTY], [BUILDKIT] * 2), ops.Scratch()))
    assert config["rootfs"]["diff_ids"] == [EMPTY]


def test_history_is_the_bases_and_none_of_buildkits_steps(tmp_path):
    base = {"created": "2020-01-01T00:00:00Z", "created_by": "debian"}
    steps = [base, {**BUILDKIT, "created_by": "COPY / / # buildkit"}, {**BUILDKIT, "created_by": "USER 1", "empty_layer": True}]
    _, config = read(finished(image(tmp_path, ["sha256:1", "sha256:2"], steps), ops.Scratch()))
    assert config["history"] == [base, {"created": EPOCH}]


def test_a_base_without_a_history_gets_a_time_for_each_layer(tmp_path):
    _, config = read(finished(image(tmp_path, ["sha256:1", "sha256:2"], [BUILDKIT]), ops.Scratch()))
    assert config["history"] == [{"created": EPOCH}] * 2


def test_an_image_of_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidOperation, match="nothing in the container"):
        finished(image(tmp_path, [], []), ops.Scratch())


@pytest.mark.parametrize(
    ("kind", "name", "field", "config", "left"),
    [
        ("ENV", "A", "Env", ["A=1", "AB=2"], ["AB=2"]),
        ("LABEL", "a", "Labels", {"a": "1", "b": "2"}, {"b": "2"}),
        ("EXPOSE", "80/tcp", "ExposedPorts", {"80/tcp": {}, "80/udp": {}}, {"80/udp": {}}),
        ("LABEL", "c", "Labels", {"a": "1"}, {"a": "1"}),
    ],
)
def test_what_was_taken_away_is_not_there(kind, name, field, config, left):
    container = chain(ops.FromAddress("alpine"), ops.Setting(kind, name, None))
    assert as_asked_for({field: config}, container) == {field: left}


def test_what_was_set_again_comes_last():
    container = chain(ops.FromAddress("alpine"), ops.Setting("ENV", "A", None), ops.Setting("ENV", "A", "2"))
    assert as_asked_for({"Env": ["A=2", "B=1"]}, container) == {"Env": ["B=1", "A=2"]}


def test_a_work_directory_is_set_without_an_instruction_for_it():
    container = chain(ops.FromAddress("alpine"), ops.Setting("WORKDIR", value="/a"), ops.Setting("WORKDIR", value="/b"))
    assert as_asked_for({"WorkingDir": "/"}, container) == {"WorkingDir": "/b"}


@pytest.mark.parametrize(("value", "told"), [(("app",), {"Entrypoint": ("app",)}), ((), {})])
def test_an_entrypoint_is_set_without_an_instruction_for_it(value, told):
    container = chain(ops.FromAddress("alpine"), ops.Setting("ENTRYPOINT", "keep", value))
    assert as_asked_for({"Entrypoint": ["base"], "Cmd": ["x"]}, container) == {"Cmd": ["x"], **told}


FILLED = ops.MakeDirectory("/a")
TITLED = ops.Setting("LABEL", "title", 'a, "b"')


@pytest.mark.parametrize(
    ("platform", "base"),
    [
        ("linux/amd64", {"os": "linux", "architecture": "amd64"}),
        ("linux/arm/v7", {"os": "linux", "architecture": "arm", "variant": "v7"}),
    ],
)
def test_an_image_from_nothing_is_told_all_that_it_is_configured_as(platform, base):
    volatile = ops.Setting("VOLATILE", "STAGE", "api/build")
    image = chain(ops.Scratch(), FILLED, TITLED, ops.Setting("ENV", "A", "1"), ops.Setting("ENV", "A", "2"), volatile)
    assert as_rendered(image, platform) == {**base, "config": {"Env": ["A=2"], "Labels": {"title": 'a, "b"'}}}


def test_the_frontend_says_what_is_added_to_another_image():
    assert as_rendered(chain(ops.FromAddress("alpine"), TITLED), "linux/amd64") == {}


@pytest.mark.parametrize(
    "steps",
    [
        (FILLED, ops.Setting("LABEL", "title", None)),
        (FILLED, ops.Setting("USER", value="1:1")),
        (FILLED, ops.Setting("WORKDIR", value="/a")),
        (TITLED,),
        (ops.Mount("/cache"), TITLED),
    ],
)
def test_what_the_frontend_cannot_make_as_asked_for_is_finished_here(steps):
    assert as_rendered(chain(ops.Scratch(), *steps), "linux/amd64") is None


def test_what_was_taken_away_and_set_again_is_set():
    steps = (ops.Setting("LABEL", "title", None), TITLED)
    assert as_rendered(chain(ops.FromAddress("alpine"), *steps), "linux/amd64") == {}


BELOW = {"Env": ["PATH=/bin", "A=base"], "Labels": {"of": "base"}, "Cmd": ["sh"], "User": "1", "StopSignal": "SIGINT"}
OWN = {
    "Env": ["PATH=/usr/bin", "A=own", "B=own"],
    "Labels": {"note": "of somebody else", "of": "own"},
    "ExposedPorts": {"80/tcp": {}},
    "Entrypoint": ["app"],
    "User": "0",
    "WorkingDir": "/",
}


@pytest.fixture
def joined(tmp_path):
    """Lay an image of two layers over one of one, with settings."""
    debian = {"created": EPOCH, "created_by": "debian"}
    below = image(tmp_path / "below", ["sha256:base"], [debian], BELOW, architecture="arm64")
    own = image(tmp_path / "own", ["sha256:1", EMPTY, "sha256:2"], [BUILDKIT] * 3, OWN, architecture="amd64")

    def join(*settings, base=True):
        return read(laid_over(below if base else None, own, chain(BASE if base else ops.Scratch(), *settings)))

    return join


def test_layers_lie_on_those_of_the_base(joined):
    manifest, config = joined()
    assert [layer["digest"] for layer in manifest["layers"]] == ["packed-sha256:base", "packed-sha256:1", "packed-sha256:2"]
    assert config["rootfs"]["diff_ids"] == ["sha256:base", "sha256:1", "sha256:2"]
    assert config["history"] == [{"created": EPOCH, "created_by": "debian"}, {"created": EPOCH}, {"created": EPOCH}]
    assert config["architecture"] == "arm64"


def test_the_configuration_is_the_bases_and_what_was_set(joined):
    assert joined()[1]["config"] == BELOW
    settings = [
        ops.Setting("ENV", "A", "own"),
        ops.Setting("ENV", "B", "own"),
        ops.Setting("LABEL", "of", "own"),
        ops.Setting("EXPOSE", "80/tcp", "80/tcp"),
        ops.Setting("ENTRYPOINT", value=("app",)),
    ]
    assert joined(*settings)[1]["config"] == {
        "Env": ["PATH=/bin", "A=own", "B=own"],
        "Labels": {"of": "own"},
        "ExposedPorts": {"80/tcp": {}},
        # A program of its own has no use for the base's arguments.
        "Entrypoint": ["app"],
        "User": "1",
        "StopSignal": "SIGINT",
    }


def test_what_the_base_has_can_be_taken_away(joined):
    config = joined(ops.Setting("ENV", "A"), ops.Setting("LABEL", "of"), ops.Setting("USER"))[1]["config"]
    assert config == {"Env": ["PATH=/bin"], "Cmd": ["sh"], "StopSignal": "SIGINT"}


def test_over_nothing_there_is_what_was_set_alone(joined):
    manifest, config = joined(ops.Setting("LABEL", "of", "own"), base=False)
    assert [layer["digest"] for layer in manifest["layers"]] == ["packed-sha256:1", "packed-sha256:2"]
    assert config["config"] == {"Labels": {"of": "own"}}
