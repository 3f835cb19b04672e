"""A graph as a Dockerfile: its stages, where what stands, and how an image is configured."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import operations as ops
from daglet.dockerfile import Options, dump, render
from daglet.errors import InvalidOperation, Unsupported


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


def test_equal_graphs_give_equal_text():
    first, second = (render(chain(ops.FromAddress("alpine"), ops.Exec(("true",)))).dockerfile for _ in range(2))
    assert first == second


def test_there_is_nothing_above_the_root():
    assert ops.absolute("../../etc") == "/etc"


TIMED = edited(ops.CopyFile("/a", ops.NewFile("a", "a\n")), ops.SetTimestamps(7))


def test_a_file_of_a_tree_whose_times_were_set_twice_is_told_apart_by_both():
    timed = edited(ops.SetTimestamps(8), of=TIMED)
    text = render(chain(BASE, ops.CopyFile("/a", ops.FileIn("a", timed, "/a")))).dockerfile
    assert "COPY --exclude=.time-7 --exclude=.time-8 --from=files /rootfs/a /a" in text


def test_trees_that_differ_in_their_times_make_different_copies():
    tree = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile("/a", ops.NewFile("a", "a\n")))
    copies = {
        render(chain(BASE, ops.CopyDirectory("/x", ops.DirectoryEdit(tree, ops.SetTimestamps(time))))).dockerfile.splitlines()[
            -1
        ]
        for time in (1, 2)
    }
    assert len(copies) == 2


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


def test_a_stage_whose_name_was_taken_away_has_none():
    named = chain(ops.Scratch(), ops.Setting("VOLATILE", "STAGE", "web"), ops.Setting("VOLATILE", "STAGE", None))
    plan = render(named, Options("STAGE"))
    assert (plan.group, plan.dockerfile.startswith("FROM scratch AS stage-")) == ("", True)


def test_a_stage_belongs_to_what_its_name_begins_with():
    titled = chain(ops.Scratch(), ops.Setting("VOLATILE", "STAGE", "web/build/9"))
    assert render(titled, Options("STAGE")).group == "web"


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
