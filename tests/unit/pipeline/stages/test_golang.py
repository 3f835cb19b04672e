from __future__ import annotations

import pytest
import trees
from dagger import dag

from pipeline.stages import golang_image


@pytest.fixture(autouse=True)
def repository(tmp_path):
    trees.write(
        tmp_path,
        {
            "a/go.mod": "module example.test/a\n\ngo 1.26\n",
            "a/main.go": "package main\n\nfunc main() {}\n",
            "pipeline.toml": '[services.a]\npath = "a"\n',
        },
    )


async def test_certificates_that_are_kept_are_those_that_no_command_has_met(planning):
    async with planning() as (project, planner):
        kept = project.graph("a").stage("build").kept
        assert list(kept.beside) == ["/etc/ssl/certs/ca-certificates.crt"]
        [certificates] = kept.beside.values()
        await certificates.sync()
    [plan] = planner.plans
    assert "ca-certificates.crt" in plan
    assert "RUN" not in plan


async def test_packages_that_were_compiled_elsewhere_take_the_place_of_the_cache_volume(planning):
    async with planning() as (project, planner):
        compiled = dag.container().from_(f"registry.example/stages@sha256:{'0' * 64}")
        for volumes in ({}, {"build": compiled}):
            await project.graph("a", "run", volumes=volumes).stage("build").container.sync()
    own, taken = ([line for line in plan.splitlines() if "target=/var/cache/go-build" in line] for plan in planner.plans)
    assert [line.split("=")[2].partition(",")[0] for line in (*own, *taken)] == ["cache", "bind"]
    assert "source=/compiled,target=/var/cache/go-build,rw" in taken[0]


@pytest.mark.parametrize(
    ("ldflags", "left_out"),
    [("", True), ("-X main.version=1", True), ("-w=0", False), ("-s=false -w=false", False)],
)
async def test_nothing_is_compiled_for_debuggers_where_the_linker_leaves_it_out(planning, tmp_path, ldflags, left_out):
    (tmp_path / "pipeline.toml").write_text(f'[services.a]\npath = "a"\ngo.ldflags = "{ldflags}"\n')
    async with planning() as (project, _):
        flags = project.graph("a").stage("deps").inputs.variables["GOFLAGS"]
    assert ("-gcflags=all=-dwarf=false" in flags.split()) == left_out


async def test_what_runs_before_is_in_no_others_way_and_runs_before_tests_too(planning, tmp_path):
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\nbuild.before = ["cd web && x # y", "z"]\n')
    async with planning() as (project, planner):
        script = project.graph("a").stage("build").inputs.command[-1]
        for container in project.checks("a", "run").values():
            await container.sync()
    assert script.startswith("cd web && x # y\ncd /src\nz\ncd /src\ngo build ")
    for plan in planner.plans:
        first, second = [line for line in plan.splitlines() if line.strip().startswith('["')][-2:]
        assert "cd web && x # y" in first
        assert second.strip().startswith('["go", ')


async def test_modules_that_were_restored_are_mounted_and_not_copied(planning):
    async with planning() as (project, planner):
        restored = dag.container().from_(f"registry.example/stages@sha256:{'0' * 64}")
        await project.graph("a", "run", {"deps": restored}).stage("build").container.sync()
    [plan] = planner.plans
    assert "source=/go/pkg/mod,target=/go/pkg/mod,rw" in plan
    assert not [line for line in plan.splitlines() if line.startswith("COPY") and line.endswith(" / /")]


async def test_an_image_says_who_runs_it_where_its_program_asks(planning, tmp_path):
    trees.write(tmp_path, {"a/user.go": "package main\n\nvar found, _ = user.Current()\n"})
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\nenv = { HOME = "/data" }\n')
    async with planning() as (project, _):
        assert project.graph("a").stage("runtime").inputs.variables == {"HOME": "/data", "USER": "app"}


async def test_files_are_taken_by_their_names_and_without_what_belongs_in_no_image(planning, tmp_path):
    names = ("[id].html", "i.html", ".env", ".git/config", "sub/.env.local", "sub/page.html")
    trees.write(tmp_path, {f"a/pages/{name}": name for name in names})
    for files, expected in (
        ("['pages']", ["[id].html", "i.html", "sub/page.html"]),
        ("['pages/[id].html']", ["[id].html"]),
    ):
        (tmp_path / "pipeline.toml").write_text(f"[services.a]\npath = 'a'\nfiles = {files}\n")
        async with planning() as (project, _):
            tree = project.graph("a").stage("runtime").inputs.sources["files"]
            found = [path.removeprefix("pages/") for path in await tree.glob("**") if not path.endswith("/")]
            assert sorted(found) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", ("/bin/app", "serve", "--config", "/etc/app/config.yaml")),
        ("runtime.base = 'shell'", ("/usr/bin/app", "serve", "--config", "/etc/app/config.yaml")),
        ("runtime.start = ['/bin/app', 'work']", ("/bin/app", "work")),
    ],
)
async def test_a_program_of_several_commands_is_started_by_the_one_that_serves(planning, tmp_path, settings, expected):
    commands = 'package main\n\nvar serve = &cobra.Command{Use: "serve"}\n'
    trees.write(tmp_path, {"a/commands.go": commands, "a/config/production.yaml": "a: 1\n"})
    (tmp_path / "pipeline.toml").write_text(f"[services.a]\npath = 'a'\n{settings}\n")
    async with planning() as (project, _):
        assert golang_image.command(project.services["a"]) == expected
