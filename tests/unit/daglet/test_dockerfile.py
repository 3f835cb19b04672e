"""Rendering: a graph of operations gives the Dockerfile that a careful person would write."""

from __future__ import annotations

import pytest

from daglet import instructions as ins
from daglet import operations as ops
from daglet.dockerfile import Options, dump, render
from daglet.errors import InvalidOperation, Unsupported

BASE = ops.FromArchive(ops.HostFile("node-build.tar", "/bases/node-build.tar"))
SOURCE = ops.HostDirectory("/repository/api")


def chain(start, *steps):
    for step in steps:
        start = ops.ContainerStep(start, step)
    return start


def test_a_service_like_graph(golden):
    deps = chain(
        BASE,
        ops.Setting("VOLATILE", "STAGE", "api/deps"),
        ops.Setting("USER", value="1000:1000"),
        ops.Setting("WORKDIR", value="/app"),
        ops.CopyDirectory("/app", SOURCE, include=("package.json",), owner="1000:1000"),
        ops.Mount("/cache", ops.CacheVolume("npm", "1000:1000"), "cache"),
        ops.Mount("/npmrc", ops.Secret("npmrc"), "secret", mode=0o400),
        ops.Setting("VOLATILE", "RUN", "1"),
        ops.Exec(("npm", "ci")),
    )
    build = chain(deps, ops.Setting("VOLATILE", "STAGE", "api/build"), ops.Mount("/cache"), ops.Exec(("npm", "run", "build")))
    layers = [
        ops.DirectoryEdit(
            ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyDirectory(path, ops.ContainerDirectory(stage, path))),
            ops.SetTimestamps(0),
        )
        for stage, path in ((deps, "/app/node_modules"), (build, "/app/dist"))
    ]
    image = chain(
        ops.Scratch("linux/arm64"),
        ops.Setting("VOLATILE", "STAGE", "api/runtime"),
        *(ops.CopyDirectory("/", layer) for layer in layers),
        ops.CopyFile("/etc/motd", ops.NewFile("motd", "EOF\nof a heredoc\n")),
        ops.Setting("ENV", "PRICE", 'a "$5" \\ note'),
        ops.Setting("CMD", value=("node", "dist/index.js")),
    )
    golden("daglet/service.Dockerfile", dump(render(image, Options(stage_variable="STAGE"))))


def test_commands_run_without_a_variable_that_was_taken_away():
    taken = chain(BASE, ops.Setting("ENV", "A", "1"), ops.Setting("ENV", "A", None))
    assert '["/.shim/busybox", "env", "-u", "A", "true"]' in render(chain(taken, ops.Exec(("true",)))).dockerfile
    again = chain(taken, ops.Setting("ENV", "A", "2"), ops.Exec(("true",)))
    assert 'RUN ["true"]' in render(again).dockerfile


def test_equal_graphs_give_equal_text():
    first, second = (render(chain(ops.FromAddress("alpine"), ops.Exec(("true",)))).dockerfile for _ in range(2))
    assert first == second


def test_a_secrets_value_is_not_in_the_text():
    plan = render(chain(BASE, ops.Setting("VOLATILE", "RUN", "c4n4ry"), ops.Exec(("true",))))
    assert "c4n4ry" not in plan.dockerfile
    assert plan.secrets == {"RUN": "c4n4ry"}


@pytest.mark.parametrize("value", ["a\nRUN evil", "tab\t", "nul\x00"])
def test_control_characters_never_reach_an_instruction(value):
    with pytest.raises(InvalidOperation, match="control character"):
        render(chain(BASE, ops.Setting("ENV", "X", value)))


@pytest.mark.parametrize(
    ("path", "written"), [("/a b", '["/", "/a b/"]'), ('/a"b', '["/", "/a\\"b/"]'), ("/ä", '["/", "/ä/"]')]
)
def test_odd_paths_are_taken_literally(path, written):
    assert f"COPY --from=api {written}" in render(chain(BASE, ops.CopyDirectory(path, SOURCE))).dockerfile


@pytest.mark.parametrize("path", ["/a$HOME", "/a\nb", "/[a]", "/a\\b"])
def test_odd_paths_are_refused_not_expanded(path):
    with pytest.raises(InvalidOperation):
        render(chain(BASE, ops.CopyDirectory(path, SOURCE)))


def test_commands_are_in_exec_form():
    assert ins.exec_form(["sh", "-c", 'echo "$HOME"\n']) == '["sh", "-c", "echo \\"$HOME\\"\\n"]'


@pytest.mark.parametrize(
    ("contents", "fits"), [("a\n", True), ("no end", False), ("carriage\r\n", False), ("nul\x00\n", False), ("", False)]
)
def test_heredocs_take_only_what_they_give_back(contents, fits):
    assert ins.fits_heredoc(contents) is fits


def test_a_named_owner_of_a_mount_is_refused():
    with pytest.raises(Unsupported, match="needs a Dagger Engine"):
        render(chain(BASE, ops.Mount("/c", ops.CacheVolume("k", "node"), "cache"), ops.Exec(("true",))))


def test_there_is_nothing_above_the_root():
    assert ops.absolute("../../etc") == "/etc"


def test_a_copy_leaves_the_folders_above_its_target_as_they_are():
    text = render(chain(BASE, ops.CopyFile("/opt/tool/run", ops.NewFile("run", "x\n", 0o700), "1000:1000"))).dockerfile
    assert text.index("COPY --from=empty /empty/ /opt/tool/\n") < text.index("COPY --chown=1000:1000 --chmod=0700 <<")


def test_volumes_that_differ_in_their_key_make_different_commands():
    texts = {
        render(chain(BASE, ops.Mount("/c", ops.CacheVolume(key), "cache"), ops.Exec(("true",)))).dockerfile.replace(
            f"type=cache,id={key}", ""
        )
        for key in ("one", "two")
    }
    assert len(texts) == 2


def test_trees_that_differ_in_their_times_make_different_copies():
    tree = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile("/a", ops.NewFile("a", "a\n")))
    copies = {
        render(chain(BASE, ops.CopyDirectory("/x", ops.DirectoryEdit(tree, ops.SetTimestamps(time))))).dockerfile.splitlines()[
            -1
        ]
        for time in (1, 2)
    }
    assert len(copies) == 2


def test_contents_that_no_heredoc_gives_back_are_a_build_context():
    plan = render(chain(BASE, ops.CopyFile("/a", ops.NewFile("a", "no line break"))))
    assert [*plan.contexts.values()] == [ops.NewFile("a", "no line break")]
    assert "COPY --from=a /contents /a" in plan.dockerfile
