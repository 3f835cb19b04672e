"""Which exports are the same as earlier ones, and what is still there of those."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from daglet import dockerfile, exports, store
from daglet import operations as ops
from daglet.archives import Layout
from daglet.buildctl import Inputs

DIGEST = "sha256:" + "a" * 64
TREE = ops.EmptyDirectory()
PLAN = dockerfile.Plan("FROM scratch\n", "end", "", {}, {}, {}, {})
INPUTS = Inputs({"source": Path("contexts/1")}, {"base": Layout(Path("layouts"), DIGEST)}, {"TOKEN": "t"}, {})


@dataclass(frozen=True)
class Engine:
    identity: str = "worker"
    address: str = "tcp://a:1"


def image(*settings, base=None):
    made = base or ops.Scratch()
    for setting in settings:
        made = ops.ContainerStep(made, setting)
    return made


@pytest.mark.parametrize(
    ("engine", "plan", "inputs"),
    [
        (Engine("another"), PLAN, INPUTS),
        (Engine(), replace(PLAN, dockerfile="FROM scratch AS end\n"), INPUTS),
        (Engine(), replace(PLAN, target="other"), INPUTS),
        (Engine(), replace(PLAN, platform="linux/arm64"), INPUTS),
        (Engine(), PLAN, replace(INPUTS, contexts={"source": Path("contexts/2")})),
        (Engine(), PLAN, replace(INPUTS, contexts={"other": Path("contexts/1")})),
        (Engine(), PLAN, replace(INPUTS, layouts={"base": Layout(Path("layouts"), "sha256:" + "b" * 64)})),
    ],
)
def test_another_engine_or_input_is_another_export(engine, plan, inputs):
    assert exports.key(engine, plan, inputs, TREE) != exports.key(Engine(), PLAN, INPUTS, TREE)


@pytest.mark.parametrize(
    ("engine", "inputs"),
    [
        (Engine(address="tcp://b:2"), INPUTS),
        (Engine(), replace(INPUTS, secrets={"TOKEN": "another"})),
        (Engine(), replace(INPUTS, contexts={"source": Path("elsewhere/1")})),
    ],
)
def test_where_an_engine_is_and_what_is_secret_does_not_count(engine, inputs):
    assert exports.key(engine, PLAN, inputs, TREE) == exports.key(Engine(), PLAN, INPUTS, TREE) != ""


@pytest.mark.parametrize(
    ("engine", "addresses"),
    [(Engine(""), ()), (Engine(), ("r.example/base:1",)), (Engine(), (f"r.example/a@{DIGEST}", "r.example/b:1"))],
)
def test_an_engine_that_does_not_say_which_it_is_and_an_image_that_may_be_another_by_now_are_asked_again(engine, addresses):
    assert exports.key(engine, replace(PLAN, addresses=addresses), INPUTS, TREE) == ""


def test_an_image_that_is_named_by_its_digest_stays_the_same():
    assert exports.key(Engine(), replace(PLAN, addresses=(f"r.example/a@{DIGEST}",)), INPUTS, TREE)


@pytest.mark.parametrize(
    ("container", "same"),
    [
        (image(ops.Setting("LABEL", "a", "1")), True),
        (image(ops.Setting("LABEL", "a", "1"), ops.Setting("VOLATILE", "RUN", "2")), True),
        (image(ops.Setting("LABEL", "a", "1"), ops.Setting("SECRET", "T", secret=ops.Secret("t"))), True),
        (image(ops.Setting("LABEL", "a", "2")), False),
        (image(ops.Setting("LABEL", "a", "1"), ops.Setting("WORKDIR", value="/app")), False),
        (image(ops.Setting("LABEL", "a", "1"), base=ops.FromAddress(f"r.example/a@{DIGEST}")), False),
    ],
)
def test_how_an_image_is_configured_counts_and_what_commands_alone_meet_does_not(container, same):
    before = exports.key(Engine(), PLAN, INPUTS, image(ops.Setting("LABEL", "a", "1")))
    assert (exports.key(Engine(), PLAN, INPUTS, container) == before) == same


def test_an_archive_is_known_until_somebody_else_writes_it(tmp_path):
    target = tmp_path / "image.tar"
    target.write_text("an image")
    exports.keep_archive(tmp_path, ["k"], target, DIGEST)
    assert exports.archive(tmp_path, ["k"], target) == DIGEST
    assert exports.archive(tmp_path, ["other"], target) == ""
    target.write_text("another.")
    assert exports.archive(tmp_path, ["k"], target) == ""
    target.unlink()
    assert exports.archive(tmp_path, ["k"], target) == ""


@pytest.mark.parametrize("record", ["", "{", "[]", "null", "{}", '{"keys": ["k"]}'])
def test_a_damaged_record_is_none(tmp_path, record):
    target = tmp_path / "image.tar"
    target.write_text("an image")
    exports.keep_archive(tmp_path, ["k"], target, DIGEST)
    next(tmp_path.glob("*.json")).write_text(record)
    assert exports.archive(tmp_path, ["k"], target) == ""


def test_an_archive_of_what_has_no_key_is_not_known(tmp_path):
    target = tmp_path / "image.tar"
    target.write_text("an image")
    exports.keep_archive(tmp_path, ["k", ""], target, DIGEST)
    assert exports.archive(tmp_path, ["k", ""], target) == ""


def test_a_few_small_files_are_kept_as_they_are(tmp_path):
    made = tmp_path / "made"
    (made / "folder").mkdir(parents=True)
    (made / "folder" / "program").write_text("run")
    (made / "folder" / "program").chmod(0o755)
    (made / "link").symlink_to("folder/program")
    exports.keep_files(tmp_path, "k", made)
    exports.keep_files(tmp_path, "k", made)
    kept = exports.files(tmp_path, "k")
    assert (kept / "link").readlink() == Path("folder/program")
    assert (kept / "link").read_text() == "run"
    assert (kept / "folder" / "program").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in (tmp_path / store.EXPORTS).iterdir()] == ["k"]


@pytest.mark.parametrize("sizes", [[1 << 16, 1], [1] * 65])
def test_large_or_many_files_are_not_kept(tmp_path, sizes):
    made = tmp_path / "made"
    made.mkdir()
    for number, size in enumerate(sizes):
        (made / str(number)).write_bytes(b"x" * size)
    exports.keep_files(tmp_path, "k", made)
    assert exports.files(tmp_path, "k") is None


def test_without_a_key_nothing_is_kept(tmp_path):
    exports.keep_files(tmp_path, "", tmp_path)
    assert exports.files(tmp_path, "") is None


def test_an_export_does_not_fail_for_what_cannot_be_noted(tmp_path):
    (tmp_path / store.EXPORTS).write_text("no folder")
    target = tmp_path / "image.tar"
    target.write_text("an image")
    made = tmp_path / "made"
    made.mkdir()
    exports.keep_files(tmp_path, "k", made)
    exports.keep_archive(tmp_path / "gone", ["k"], target, DIGEST)
    assert exports.files(tmp_path, "k") is None
    assert exports.archive(tmp_path / "gone", ["k"], target) == ""
