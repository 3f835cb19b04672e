"""Changes to files: of which stage and by whom, in which instructions."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import instructions as ins
from daglet import operations as ops
from daglet.dockerfile import Options, dump, render
from daglet.errors import InvalidOperation


def test_a_copy_leaves_the_folders_above_its_target_as_they_are():
    text = render(chain(BASE, ops.CopyFile("/opt/tool/run", ops.NewFile("run", "x\n", 0o700), "1000:1000"))).dockerfile
    assert text.index("COPY --from=empty /empty/ /opt/tool/\n") < text.index("COPY --chown=1000:1000 --chmod=0700 <<")


@pytest.mark.parametrize(("mode", "owner", "made"), [(0o700, "", True), (0o644, "1:2", True), (0o644, "", False)])
def test_the_folders_above_a_file_are_made_first_where_they_would_get_what_the_file_gets(mode, owner, made):
    text = render(chain(BASE, ops.CopyFile("/opt/tool/run", ops.NewFile("run", "x\n", mode), owner))).dockerfile
    assert ("COPY --from=empty /empty/ /opt/tool/\n" in text) is made


def test_contents_that_no_heredoc_gives_back_are_a_build_context():
    plan = render(chain(BASE, ops.CopyFile("/a", ops.NewFile("a", "no line break"))))
    assert [*plan.contexts.values()] == [ops.NewFile("a", "no line break")]
    assert "COPY --from=a /contents /a" in plan.dockerfile


TIMED = edited(ops.CopyFile("/a", ops.NewFile("a", "a\n")), ops.SetTimestamps(7))


TOOL = chain(ops.FromAddress("tool:1", "linux/arm64"), ops.Exec(("make",)))


def test_all_changes_to_a_tree(golden):
    tree = edited(
        ops.MakeDirectory("/plain"),
        ops.MakeDirectory("/own/deep", 0o700),
        ops.MakeSymlink("../x", "/own/link"),
        ops.CopyFile("/own/", ops.HostFile("c", "/repository/c"), permissions=0o600),
        ops.CopyDirectory("/lib", ops.SubDirectory(ops.ContainerDirectory(TOOL, "/out"), "lib"), exclude=("*.md",)),
        ops.CopyDirectory("/some", SOURCE, include=("src", "!src/x"), exclude=("*.ts",), owner="1:2"),
        ops.CopyDirectory("/mine", ops.SubDirectory(ops.ContainerDirectory(TOOL, "/out"), "lib"), owner="1:2"),
        ops.CopyDirectory("/baseX", edited(ops.MakeDirectory("/d"), of=SOURCE)),
        ops.CopyDirectory("/X", ops.SubDirectory(SOURCE, "X")),
        ops.Remove(("/own/a*", "/b c")),
        ops.ChangeOwner("/own", "3"),
        ops.ChangeOwner("/some", "4:5"),
        ops.SetTimestamps(9),
    )
    image = chain(
        ops.Scratch(),
        ops.CopyDirectory("/", tree),
        ops.CopyDirectory("/x/y", TIMED, owner="0:0"),
        ops.CopyFile("/etc/a", ops.FileIn("a", tree, "/own/a")),
        ops.MakeDirectory("/m", 0o1777),
        ops.Remove(("/m/x",)),
    )
    plan = render(image)
    golden("daglet/changes.Dockerfile", dump(plan))
    assert plan.contexts == {
        "repository": ops.HostDirectory("/repository", ((("c",), ()),)),
        "api": SOURCE.with_(filters=((("src", "!src/x"), ("*.ts",)),)),
        "api-2": SOURCE,
    }


def test_changes_to_a_container_are_nobodys_but_roots(golden):
    changed = chain(
        BASE,
        ops.Setting("USER", value="node"),
        ops.CopyDirectory("/app/src", SOURCE, owner="node:staff", include=("a",), exclude=("!b",)),
        ops.CopyDirectory("/app/src", edited(of=SOURCE), owner="node:staff"),
        ops.CopyFile("/app/x", ops.NewFile("x", "x\n", 0o755), owner="node"),
        ops.CopyDirectory("/opt/t", ops.ContainerDirectory(TOOL, "/out"), include=("bin",), exclude=("*.md", "!a.md")),
        ops.MakeSymlink("/app/x", "/bin/x"),
        ops.MakeDirectory("/made"),
        ops.CopyFile("/made", ops.NewFile("inside", "y\n")),
        ops.Setting("USER", value=None),
        ops.MakeSymlink("/app/x", "/bin/y"),
    )
    golden("daglet/owners.Dockerfile", dump(render(changed)))


LINKED = ops.MakeSymlink("/app/x", "/bin/x")


MAY_FAIL = ops.Exec(("a",), expect="ANY")


OWNED = ops.CopyDirectory("/a", SOURCE, owner="node")


@pytest.mark.parametrize("step", [LINKED, ops.Remove(("/a",)), MAY_FAIL, OWNED])
def test_a_bases_own_user_is_nobody_who_changes_files(step):
    changed = chain(BASE, step)
    assert render(changed).guessed == (BASE,)
    plan = render(changed, Options(users={BASE.digest: "node"}))
    assert plan.guessed == ()
    lines = [line for line in plan.dockerfile.splitlines() if line.startswith(("USER", "RUN"))]
    assert lines[-3:] == ["USER 0:0", lines[-2], "USER node"]


@pytest.mark.parametrize(
    "changed",
    [
        chain(BASE, ops.Setting("USER", value="node"), LINKED),
        chain(BASE, ops.Setting("USER"), LINKED),
        chain(BASE, ops.CopyDirectory("/a", SOURCE, owner="1:1"), ops.Exec(("a",))),
        chain(BASE, MAY_FAIL.with_(capture=True)),
        chain(ops.Scratch(), LINKED),
        edited(LINKED),
    ],
)
def test_nobody_asks_for_a_user_that_makes_no_difference(changed):
    assert render(changed).guessed == ()


def test_a_base_that_runs_as_root_changes_files_as_it_is():
    text = render(chain(BASE, LINKED), Options(users={BASE.digest: ""})).dockerfile
    assert "USER" not in text


def test_what_is_copied_after_a_command_is_no_layer_that_lies_ready():
    copy = ops.CopyDirectory("/", SOURCE)
    assert render(chain(BASE, copy)).dockerfile.endswith("\nCOPY --link --from=api / /\n")
    assert render(chain(BASE, ops.Exec(("true",)), copy)).dockerfile.endswith("\nCOPY --from=api / /\n")


@pytest.mark.parametrize(
    ("owner", "written"), [("1:2", "COPY --link --chown=1:2 "), ("X", "COPY --chown=X "), ("1:X", "COPY --chown=1:X ")]
)
def test_a_layer_that_lies_ready_knows_no_names_of_users(owner, written):
    text = render(chain(BASE, ops.CopyDirectory("/", SOURCE, owner=owner))).dockerfile
    assert text.splitlines()[-1] == f"{written}--from=api / /"


def test_folders_are_remembered_whatever_else_is_made():
    made = [ops.MakeDirectory(path) for path in ("/a", "/b", "/a")]
    assert render(chain(BASE, *made)).dockerfile.count("COPY --from=empty") == 2


def test_the_folder_of_a_copied_file_is_there():
    text = render(chain(BASE, ops.CopyFile("/opt/a/x", ops.NewFile("x", "x\n")), ops.MakeDirectory("/opt/a"))).dockerfile
    assert "empty" not in text


REMOVALS = [ops.Remove(("/opt",)), ops.Exec(("rm", "-rf", "/opt"))]


@pytest.mark.parametrize("removed", REMOVALS)
def test_a_folder_that_may_have_been_removed_is_made_again(removed):
    made = ops.MakeDirectory("/opt/a")
    text = render(chain(BASE, made, removed, made, made)).dockerfile
    assert text.count("COPY --from=empty /empty/ /opt/a/") == 2


@pytest.mark.parametrize("removed", REMOVALS)
def test_a_file_may_take_the_place_of_a_folder_that_was_removed(removed):
    text = render(chain(BASE, ops.MakeDirectory("/opt/a"), removed, ops.CopyFile("/opt/a", ops.NewFile("a", "a\n")))).dockerfile
    assert 'COPY <<"EOF" /opt/a\n' in text


@pytest.mark.parametrize(
    ("owner", "last"),
    [
        ("", "COPY --from=files /rootfs/ /opt/"),
        ("1:2", "COPY --from=files /rootfs/ /opt/"),
        ("X", "COPY --chown=X --from=stage-{} /out/lib/ /opt/t/"),
        ("1:X", "COPY --chown=1:X --from=stage-{} /out/lib/ /opt/t/"),
    ],
)
def test_a_folder_with_an_owner_by_name_is_copied_where_names_are_known(owner, last):
    folder = ops.SubDirectory(ops.ContainerDirectory(TOOL, "/out"), "lib")
    lines = render(chain(BASE, ops.CopyDirectory("/opt/t", folder, owner=owner))).dockerfile.splitlines()
    name = lines[-1].partition("--from=stage-")[2].partition(" ")[0]
    assert lines[-1] == last.format(name)


@pytest.mark.parametrize(
    ("asked", "written"), [(None, "COPY --chmod=0600 <<"), (0o755, "COPY --chmod=0755 <<"), (0o644, "COPY <<")]
)
def test_the_permissions_of_a_copy_count_before_those_of_the_file(asked, written):
    copy = ops.CopyFile("/a", ops.NewFile("a", "a\n", 0o600), permissions=asked)
    assert written in render(chain(BASE, copy)).dockerfile


def test_a_file_is_not_put_where_a_folder_of_its_name_is():
    with pytest.raises(InvalidOperation, match="/etc/a is a folder"):
        render(chain(BASE, ops.MakeDirectory("/etc/a"), ops.CopyFile("/etc/a", ops.NewFile("a", "a\n"))))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ops.MakeSymlink("x", "/link"), ["/", "x", "/link"]),
        (ops.MakeSymlink("x", "/X/link"), ["/X", "x", "/X/link"]),
        (ops.MakeDirectory("/X/deepX/", 0o700), ["0700", "X/deepX"]),
        (ops.ChangeOwner("/x", "7"), ["chown", "-R", "7:7", "/x"]),
        (ops.ChangeOwner("/x", "7:8"), ["chown", "-R", "7:8", "/x"]),
        (ops.ChangeOwner("/x", "node"), ["chown", "-R", "node", "/x"]),
        (ops.ChangeOwner("/x", "node:staff"), ["chown", "-R", "node:staff", "/x"]),
    ],
)
def test_the_words_of_a_change(change, words):
    assert list(ins.shim_command(change, ""))[-len(words) :] == words


def test_a_folder_is_made_once_however_it_is_written():
    text = render(chain(BASE, ops.MakeDirectory("/X/"), ops.MakeDirectory("/X"), ops.MakeDirectory("/X/"))).dockerfile
    assert [line for line in text.splitlines() if line.startswith("COPY")] == ["COPY --from=empty /empty/ /X/"]


def test_the_end_of_a_heredoc_is_no_line_of_it():
    assert ins.heredoc("COPY", "an EOF within\n", "/x") == 'COPY <<"EOF" /x\nan EOF within\nEOF'
    assert ins.heredoc("COPY", "EOF\nEOF2\n", "/x") == 'COPY <<"EOF3" /x\nEOF\nEOF2\nEOF3'


def test_a_file_of_no_text_is_said_to_be_given():
    assert dump(render(chain(BASE, ops.CopyFile("/a", ops.NewFile("a", "no line break"))))).startswith(
        "# build context a: given\n"
    )


def test_words_of_every_language_stand_as_they_are():
    assert ins.exec_form(["ä", "日"]) == '["ä", "日"]'


def test_a_user_of_any_name_is_looked_up():
    text = render(chain(BASE, ops.CopyDirectory("/a", ops.ContainerDirectory(TOOL, "/b"), owner="X"))).dockerfile
    assert text.index('"X", "passwd"]') < text.index("COPY --chown=X ")
