"""Rendering: a graph of operations gives the Dockerfile that a careful person would write."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import instructions as ins
from daglet import operations as ops
from daglet.dockerfile import Options, dump, render
from daglet.dockerfile.names import Names
from daglet.errors import InvalidOperation, Unsupported
from daglet.host import STEP_MOUNTS


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
    assert '["/.shim/busybox", "env", "-u", "A", "/bin/true"]' in render(chain(taken, ops.Exec(("/bin/true",)))).dockerfile
    again = chain(taken, ops.Setting("ENV", "A", "2"), ops.Exec(("true",)))
    assert 'RUN ["true"]' in render(again).dockerfile


@pytest.mark.parametrize("expect", ["ANY", "FAILURE"])
def test_what_a_command_that_may_fail_says_is_kept_unless_it_would_ship(expect):
    command = ops.Exec(("a",), expect=expect)
    assert ops.CAPTURE_DIR not in render(chain(BASE, command), Options(ships=True)).dockerfile
    # For all else it runs once: the instruction is the same whether what it says is asked for or its files.
    (asked,) = [line for line in render(chain(BASE, command.with_(capture=True))).dockerfile.splitlines() if '"a"' in line]
    assert asked in render(chain(BASE, command)).dockerfile


def test_images_at_addresses_are_named_wherever_in_the_graph_they_are():
    tool = chain(ops.FromAddress("r.example/tool:1"), ops.Exec(("true",)))
    image = chain(ops.FromAddress("r.example/base:1"), ops.CopyDirectory("/", ops.ContainerDirectory(tool, "/out")))
    assert set(render(image).addresses) == {"r.example/base:1", "r.example/tool:1"}
    assert render(chain(BASE, ops.CopyDirectory("/app", SOURCE))).addresses == ()


def test_equal_graphs_give_equal_text():
    first, second = (render(chain(ops.FromAddress("alpine"), ops.Exec(("true",)))).dockerfile for _ in range(2))
    assert first == second


def test_a_secrets_value_is_not_in_the_text():
    plan = render(chain(BASE, ops.Setting("VOLATILE", "RUN", "c4n4ry"), ops.Exec(("true",))))
    assert "c4n4ry" not in plan.dockerfile
    assert plan.secrets == {"RUN": "c4n4ry"}


def test_a_named_owner_of_a_mount_is_refused():
    with pytest.raises(Unsupported, match="needs a Dagger Engine"):
        render(chain(BASE, ops.Mount("/c", ops.CacheVolume("k", "node"), "cache"), ops.Exec(("true",))))


def test_there_is_nothing_above_the_root():
    assert ops.absolute("../../etc") == "/etc"


def test_a_copy_leaves_the_folders_above_its_target_as_they_are():
    text = render(chain(BASE, ops.CopyFile("/opt/tool/run", ops.NewFile("run", "x\n", 0o700), "1000:1000"))).dockerfile
    assert text.index("COPY --from=empty /empty/ /opt/tool/\n") < text.index("COPY --chown=1000:1000 --chmod=0700 <<")


@pytest.mark.parametrize(("mode", "owner", "made"), [(0o700, "", True), (0o644, "1:2", True), (0o644, "", False)])
def test_the_folders_above_a_file_are_made_first_where_they_would_get_what_the_file_gets(mode, owner, made):
    text = render(chain(BASE, ops.CopyFile("/opt/tool/run", ops.NewFile("run", "x\n", mode), owner))).dockerfile
    assert ("COPY --from=empty /empty/ /opt/tool/\n" in text) is made


def test_a_file_of_a_tree_whose_times_were_set_twice_is_told_apart_by_both():
    timed = edited(ops.SetTimestamps(8), of=TIMED)
    text = render(chain(BASE, ops.CopyFile("/a", ops.FileIn("a", timed, "/a")))).dockerfile
    assert "COPY --exclude=.time-7 --exclude=.time-8 --from=files /rootfs/a /a" in text


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


TIMED = edited(ops.CopyFile("/a", ops.NewFile("a", "a\n")), ops.SetTimestamps(7))
TOOL = chain(ops.FromAddress("tool:1", "linux/arm64"), ops.Exec(("make",)))


TO_ROOT, NEAR = ops.MakeSymlink("/a", "/b"), ops.MakeSymlink("a", "/b")


@pytest.mark.parametrize(
    ("tree", "origin"),
    [
        (edited(TO_ROOT), "files-2 /b /b"),
        (edited(NEAR), "files /rootfs/b /b"),
        (edited(ops.SetTimestamps(0), of=SOURCE), "files-2 /b /b"),
        (edited(ops.SetTimestamps(0), of=ops.ContainerDirectory(TOOL, "/out")), "files-2 /b /b"),
        (edited(ops.CopyDirectory("/", ops.SubDirectory(edited(TO_ROOT), "/x")), ops.SetTimestamps(0)), "files-4 /b /b"),
        (edited(ops.CopyDirectory("/x", SOURCE)), "files /b /b"),
    ],
)
def test_links_from_the_root_of_a_tree_start_at_its_own(tree, origin):
    assert render(ops.FileIn("b", tree, "/b")).dockerfile.endswith(f" --from={origin}\n")
    directory = render(ops.SubDirectory(tree, "/b")).dockerfile
    assert directory.endswith(f" --from={origin.removesuffix(' /b')}/ /\n")


def test_a_tree_is_put_at_the_root_once():
    tree = edited(TO_ROOT, ops.SetTimestamps(7))
    text = render(chain(BASE, *(ops.CopyFile("/x", ops.FileIn(name, tree, f"/{name}")) for name in "ab"))).dockerfile
    assert text.count("COPY --link --exclude=.time-7 --from=files /rootfs/ /\n") == 1


def test_all_that_a_command_may_meet(golden):
    met = chain(
        BASE,
        ops.Setting("USER", value="node"),
        ops.Mount("/cache", ops.CacheVolume("odd key!", "5:6"), "cache", sharing="LOCKED", owner="7"),
        ops.Mount("/tree", ops.ContainerDirectory(TOOL, "/out"), "bind"),
        ops.Mount("/fixed", TIMED, "bind", read_only=True),
        ops.Mount("/file", ops.FileIn("b", SOURCE, "/b"), "bind"),
        ops.Mount("/made", ops.FileIn("a", TIMED, "a"), "bind"),
        ops.Mount("/token", ops.Secret("the token", "env://T"), "secret", owner="1:2", mode=0o440),
        ops.Mount("/small", kind="tmpfs", size=1024),
        ops.Mount("/plain", kind="tmpfs"),
        ops.Mount("/key", ops.Secret("key"), "secret"),
        ops.Setting("SECRET", "PASSWORD", secret=ops.Secret("password")),
        ops.Setting("VOLATILE", "RUN", "1"),
        ops.Setting("ENV", "GONE", "x"),
        ops.Setting("ENV", "GONE", None),
        ops.Exec(("plain", "a b", "$c")),
        ops.Setting("VOLATILE", "RUN", "2"),
        ops.Mount("/small"),
        ops.Setting("SECRET", "PASSWORD"),
        ops.Exec(("kept",), capture=True),
        ops.Exec(("may", "fail"), expect="ANY", redirect_stdout="/o'ut", redirect_stdin="/in"),
        ops.Exec(("must", "fail"), expect="FAILURE", redirect_stderr="/err"),
        ops.Exec(("quiet",), redirect_stdout="/out", redirect_stderr="/err"),
        ops.Setting("VOLATILE", "RUN", None),
        ops.Exec(("last",)),
    )
    plan = render(met, Options(step_mounts=("type=secret,id=host,env=HOST",)))
    golden("daglet/commands.Dockerfile", dump(plan))
    assert plan.steps["make"] == ops.Exec(("make",))
    assert ops.Exec(("plain", "a b", "$c")) in plan.steps.values()
    assert plan.secrets == {
        "the-token": ops.Secret("the token", "env://T"),
        "key": ops.Secret("key"),
        "password": ops.Secret("password"),
        "RUN": "1",
        "RUN-2": "2",
    }


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


def test_a_work_directory_that_no_command_meets_is_left_to_who_finishes_the_image():
    built = chain(BASE, ops.Setting("WORKDIR", value="/src"), ops.Exec(("make",)), ops.Setting("WORKDIR", value="/out"))
    other = chain(built, ops.Exec(("pwd",)))
    image = chain(built, ops.CopyDirectory("/", ops.ContainerDirectory(other, "/x")), ops.Setting("WORKDIR", value="/app"))
    lines = render(image, Options(finished=True)).dockerfile.splitlines()
    # Those that a command meets are there, in this stage and in those that it is continued by.
    assert [line for line in lines if line.startswith("WORKDIR")] == ["WORKDIR /src", "WORKDIR /out"]
    assert "WORKDIR /app" in render(image).dockerfile


def test_all_settings_of_an_image(golden):
    image = chain(
        ops.FromAddress("base:1", "linux/arm64"),
        ops.Setting("VOLATILE", "STAGE", "Web Site/9 run?"),
        ops.Setting("LABEL", "a.b", "1"),
        ops.Setting("LABEL", 'odd "name"', "2"),
        ops.Setting("LABEL", "gone", None),
        ops.Setting("EXPOSE", "80/tcp", "80/tcp"),
        ops.Setting("EXPOSE", "81", None),
        ops.Setting("WORKDIR", value="/w"),
        ops.Setting("WORKDIR", value=None),
        ops.Setting("CMD", value=("a", "b")),
        ops.Setting("ENTRYPOINT", "keep", ("e",)),
        ops.Setting("ENTRYPOINT", value=("e", 'f"')),
        ops.Healthcheck("HEALTHCHECK", value=("curl", "x y"), interval="30s", timeout="5s", start_period="10s", retries=3),
        ops.Healthcheck("HEALTHCHECK", value=("curl", "x"), shell=True, start_interval="1s"),
        ops.Setting("HEALTHCHECK", value=None),
    )
    twice = chain(ops.Scratch(), *(ops.CopyDirectory(path, ops.ContainerDirectory(image, "/w")) for path in ("/1", "/2")))
    golden("daglet/settings.Dockerfile", dump(render(image, Options("STAGE"))) + dump(render(twice, Options("STAGE"))))
    plan = render(image, Options("STAGE"))
    assert (plan.target, plan.platform, plan.group) == ("web-site-9-run", "linux/arm64", "Web Site")


KEPT = ops.Setting("ENTRYPOINT", "keep", ("e",))
LATER = '# ENTRYPOINT ["e"] is set once the image is there, with the base\'s CMD.'


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ((KEPT,), [LATER]),
        ((KEPT, ops.Setting("CMD", value=("a",)), KEPT), [LATER, 'CMD ["a"]', 'ENTRYPOINT ["e"]', 'CMD ["a"]']),
        ((ops.Setting("CMD", value=()), KEPT), ["CMD []", 'ENTRYPOINT ["e"]']),
        ((KEPT, ops.Setting("ENTRYPOINT", value=("f",)), KEPT), [LATER, 'ENTRYPOINT ["f"]', 'ENTRYPOINT ["e"]']),
    ],
)
def test_an_entrypoint_that_keeps_arguments_takes_away_no_command_of_another_stage(settings, written):
    assert render(chain(BASE, *settings)).dockerfile.splitlines()[1:] == written


def test_an_entrypoint_over_nothing_keeps_no_command():
    assert render(chain(ops.Scratch(), KEPT)).dockerfile.splitlines()[1:] == ['ENTRYPOINT ["e"]']


@pytest.mark.parametrize(
    ("value", "last"),
    [
        (SOURCE, "COPY --link --from=api / /"),
        (ops.SubDirectory(SOURCE, "src"), "COPY --link --from=api /src/ /"),
        (TIMED, "COPY --link --exclude=.time-7 --from=files /rootfs/ /"),
        (edited(ops.SetTimestamps(8), of=TIMED), "COPY --link --exclude=.time-7 --exclude=.time-8 --from=files /rootfs/ /"),
        (ops.ContainerDirectory(TOOL, "/out"), "COPY --link --from=stage-{} /out/ /"),
        (ops.FileIn("b", SOURCE, "/Xsrc/b"), "COPY --link --from=api /Xsrc/b /b"),
        (ops.SubDirectory(SOURCE, "srcX/"), "COPY --link --from=api /srcX/ /"),
        (ops.SubDirectory(ops.SubDirectory(SOURCE, "src"), "/lib"), "COPY --link --from=api /src/lib/ /"),
        (ops.SubDirectory(ops.SubDirectory(SOURCE, "src"), "/"), "COPY --link --from=api /src/ /"),
        (ops.FileIn("a", TIMED, "a"), "COPY --link --exclude=.time-7 --from=files /rootfs/a /a"),
        (ops.HostFile("c", "/repository/c"), "COPY --link --from=repository /c /c"),
        (ops.HostFile("c", "/c"), "COPY --link --from=context /c /c"),
        (ops.NewFile("d", "d"), "COPY --link --from=d /contents /d"),
    ],
)
def test_what_is_exported_stands_alone_in_its_stage(value, last):
    plan = render(value)
    exported = plan.dockerfile.split("\n\n")[-1]
    name = exported.partition("--from=stage-")[2].partition(" ")[0]
    assert exported == f"FROM scratch AS export\n{last.format(name)}\n"
    assert (plan.target, plan.platform, plan.group) == ("export", "", "")


def test_names_are_given_once_and_are_those_of_the_thing():
    folders = [ops.HostDirectory(path) for path in ("/a/scratch", "/b/Web Site", "/c/web-site", "/d/9", "/", "/a/scratch")]
    plan = render(chain(BASE, *(ops.CopyDirectory("/x", folder) for folder in folders)))
    assert [*plan.contexts] == ["scratch-2", "web-site", "web-site-2", "s-9", "context"]
    assert [*plan.archives] == ["node-build"]
    other = ops.FromArchive(ops.HostFile("node-build.tar", "/other/node-build.tar"))
    both = chain(
        other,
        ops.CopyDirectory("/", ops.ContainerDirectory(BASE, "/")),
        ops.CopyDirectory("/", ops.ContainerDirectory(BASE, "/")),
    )
    assert [*render(both).archives] == ["node-build", "node-build-2"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/b/", "b"), ("/a/X", "x"), ("/", "context"), ("/a/§", "stage"), ("/a/_b.", "b"), ("/a/Dockerfile", "dockerfile-2")],
)
def test_a_build_context_has_the_name_of_its_folder(path, name):
    assert Names().context(ops.HostDirectory(path)) == name


@pytest.mark.parametrize("name", ["cache-npm", "time-7", "host-ca", "host-proxy-HTTP_PROXY"])
def test_no_secret_has_the_id_of_one_of_ours(name):
    met = [ops.Mount("/secret", ops.Secret(name), "secret"), ops.Mount("/cache", ops.CacheVolume("npm"), "cache")]
    plan = render(chain(BASE, *met, ops.Exec(("true",))), Options(step_mounts=STEP_MOUNTS))
    assert plan.secrets == {f"secret-{name}": ops.Secret(name)}
    assert f"type=secret,id=secret-{name},target=/secret" in plan.dockerfile


def test_secrets_of_one_name_are_told_apart_and_one_is_named_once():
    values = (ops.Secret("a b"), ops.Secret("a b", "env://X"), ops.Secret("a b"))
    steps = (ops.Mount(f"/{number}", value, "secret") for number, value in enumerate(values))
    assert render(chain(BASE, *steps, ops.Exec(("true",)))).secrets == {"a-b": values[0], "a-b-2": values[1]}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (ops.Exec(("nul\x00",)), InvalidOperation),
        (ops.CopyDirectory("/a", SOURCE, owner="-x"), InvalidOperation),
        (ops.CopyDirectory("/a", ops.ContainerDirectory(TOOL, "/x"), exclude=("a b",)), InvalidOperation),
        (ops.Mount("/a,b", kind="tmpfs"), InvalidOperation),
        (ops.Setting("WORKDIR", value="/a b"), InvalidOperation),
        (ops.Setting("USER", value="a b"), InvalidOperation),
    ],
)
def test_what_a_dockerfile_cannot_say_is_refused(step, error):
    with pytest.raises(error, match=r"has a character|is not a plain name|NUL character"):
        render(chain(BASE, step, ops.Exec(("true",))))


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


def test_a_stage_whose_name_was_taken_away_has_none():
    named = chain(ops.Scratch(), ops.Setting("VOLATILE", "STAGE", "web"), ops.Setting("VOLATILE", "STAGE", None))
    plan = render(named, Options("STAGE"))
    assert (plan.group, plan.dockerfile.startswith("FROM scratch AS stage-")) == ("", True)


def test_folders_are_remembered_whatever_else_is_made():
    made = [ops.MakeDirectory(path) for path in ("/a", "/b", "/a")]
    assert render(chain(BASE, *made)).dockerfile.count("COPY --from=empty") == 2


def test_a_stage_belongs_to_what_its_name_begins_with():
    titled = chain(ops.Scratch(), ops.Setting("VOLATILE", "STAGE", "web/build/9"))
    assert render(titled, Options("STAGE")).group == "web"


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


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (ops.CopyDirectory("/a", SOURCE, permissions=0o700), r"^withDirectory\(permissions:\) .*needs a Dagger Engine"),
        (ops.Exec(("x",), stdin="y"), r"^withExec\(stdin:\) "),
        (ops.CopyFile("/m", ops.Archive("x.tar", (BASE,))), r"^a Archive as a source of files "),
        (ops.Mount("/c", ops.CacheVolume("k", "node"), "cache"), r"^a mount owned by 'node' \(write the owner as numbers"),
    ],
)
def test_what_only_a_dagger_engine_does_is_named(step, what):
    with pytest.raises(Unsupported, match=what):
        render(chain(BASE, step, ops.Exec(("true",))))


def test_a_file_of_no_text_is_said_to_be_given():
    assert dump(render(chain(BASE, ops.CopyFile("/a", ops.NewFile("a", "no line break"))))).startswith(
        "# build context a: given\n"
    )


def test_words_of_every_language_stand_as_they_are():
    assert ins.exec_form(["ä", "日"]) == '["ä", "日"]'


def test_a_user_of_any_name_is_looked_up():
    text = render(chain(BASE, ops.CopyDirectory("/a", ops.ContainerDirectory(TOOL, "/b"), owner="X"))).dockerfile
    assert text.index('"X", "passwd"]') < text.index("COPY --chown=X ")


def test_a_key_with_a_comma_is_no_option():
    assert len(ins.cache_id("a,b")) == 64
    assert ins.cache_id("a.b") == "a.b"


def test_a_secret_without_a_plain_letter_has_a_name():
    assert Names().secret("", "x") == "secret"
    assert Names().secret("§", "x") == "-"
