from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
import trees
from dagger import dag

from daglet import operations as ops
from pipeline.stages.context import HostSettings, default_platform

PLAIN = {
    "a/package.json": {"name": "a", "main": "index.js"},
    "a/index.js": "",
    "a/package-lock.json": {},
    "pipeline.toml": '[services.a]\npath = "a"\n',
}
"""A service that is not built."""


@pytest.fixture
async def npmrc(tmp_path, planning):
    """Return npm's configuration as an install is given it, for settings of the user's."""
    trees.write(tmp_path, PLAIN)

    async def give(settings):
        async with planning() as (project, planner):
            await replace(project, host=HostSettings(settings)).graph("a").images[0].sync()
        return planner.secrets.of(ops.Secret("npmrc"))

    return give


@pytest.mark.parametrize(("settings", "patience"), [("", "60000"), ("fetch-timeout=5\n", "5")])
async def test_npm_gives_up_in_time_unless_the_user_says_otherwise(npmrc, tmp_path, settings, patience):
    path = tmp_path / "npmrc"
    path.write_text(await npmrc(settings))
    told = await anyio.run_process(["npm", "config", "get", "fetch-timeout", "--userconfig", str(path)])
    assert told.stdout.decode() == f"{patience}\n"


async def test_without_a_lockfile_the_install_takes_in_the_manifest_alone(tmp_path, planning):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "package.json").write_text('{"name": "a", "main": "index.js"}')
    (tmp_path / "a" / "index.js").write_text("")
    (tmp_path / "pipeline.toml").write_text('[services.a]\npath = "a"\nnode = { frozen = false }\n')
    async with planning() as (project, planner):
        await project.graph("a").stage("prod-deps").container.sync()
    [plan] = planner.plans
    assert "npm" in plan
    assert "build context" not in plan


@pytest.fixture
async def plan_of_build(tmp_path, planning):
    """Return the plan of a service's build stage, whose deps a registry had, for settings of the service."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "package.json").write_text('{"name": "a", "scripts": {"build": "tsc"}}')
    (tmp_path / "a" / "package-lock.json").write_text("{}")

    async def plan(node):
        settings = f'path = "a"\nruntime.start = ["node", "a.js"]\nnode = {{ {node} }}\n'
        (tmp_path / "pipeline.toml").write_text(f"[services.a]\n{settings}")
        async with planning() as (project, planner):
            restored = {"deps": dag.container().from_(f"registry.example/stages@sha256:{'0' * 64}")}
            await project.graph("a", "run", restored).stage("build").container.sync()
        return planner.plans[-1]

    return plan


async def test_restored_dependencies_that_a_build_only_reads_are_mounted(plan_of_build):
    assert ",target=/app/node_modules" in await plan_of_build("")


@pytest.mark.parametrize(
    "settings",
    [
        'prod_deps = "prune"',
        'prod_deps = "all"',
        'output = ["dist", "node_modules/.generated"]',
        # What ships is the whole folder, and the dependencies that were installed into it.
        'output = ["."]',
    ],
)
async def test_restored_dependencies_of_which_more_is_wanted_are_copied(plan_of_build, settings):
    assert ",target=/app/node_modules" not in await plan_of_build(settings)


@pytest.mark.parametrize(
    ("script", "kept"),
    [("tsc", True), ("rm -rf dist && tsc -p .", True), ("esbuild a.ts", False), ("tsc && node a.js", False), ("rm tsc", False)],
)
async def test_what_tsc_finds_out_is_kept_where_a_shell_runs_it(tmp_path, planning, script, kept):
    manifest = {"name": "a", "main": "dist/index.js", "scripts": {"build": script}}
    trees.write(tmp_path, {**PLAIN, "a/package.json": manifest})
    async with planning() as (project, planner):
        elsewhere = dag.container().from_(f"registry.example/stages@sha256:{'0' * 64}")
        for volumes in ({}, {"build": elsewhere}):
            build = project.graph("a", "run", volumes=volumes).stage("build")
            await build.container.sync()
            assert bool(build.volume) == kept
    own, taken = ([line for line in plan.splitlines() if "target=/var/cache/tsc" in line] for plan in planner.plans)
    assert ["id=pipeline-tsc-a," in line for line in own] == [True] * kept
    assert ["source=/kept,target=/var/cache/tsc,rw" in line for line in taken] == [True] * kept


@pytest.mark.parametrize("stage", ["prod-deps", "runtime"])
async def test_an_image_goes_on_from_layers_of_it_that_were_restored(tmp_path, planning, stage):
    trees.write(tmp_path, PLAIN)
    address = f"registry.example/stages@sha256:{'0' * 64}"
    async with planning() as (project, planner):
        await project.graph("a", "run", {stage: dag.container().from_(address)}, {stage}).images[0].sync()
    plan = planner.plans[-1]
    assert [line.split()[1] for line in plan.splitlines() if line.startswith("FROM ")] == [
        *(["scratch"] if stage == "prod-deps" else []),
        address,
    ]
    assert plan.count("COPY --link --from=files") == (stage == "prod-deps")
    assert 'CMD ["node", "index.js"]' in plan


async def test_what_a_service_needs_of_its_workspace_is_built_before_its_tests(tmp_path, planning):
    lock = {"name": "w", "lockfileVersion": 3, "packages": {"apps/a": {}, "libs/b": {}, "node_modules/b": {"link": True}}}
    trees.write(
        tmp_path,
        {
            "package.json": {"name": "w", "workspaces": ["apps/*", "libs/*"]},
            "package-lock.json": lock,
            "apps/a/package.json": {
                "name": "a",
                "main": "dist/a.js",
                "dependencies": {"b": "*"},
                "scripts": {"build": "make-a", "test": "test-a"},
            },
            "libs/b/package.json": {"name": "b", "version": "1.0.0", "main": "dist/b.js", "scripts": {"build": "make-b"}},
            "pipeline.toml": '[services.a]\npath = "apps/a"\n',
        },
    )
    async with planning() as (project, planner):
        await project.checks("a", "run")["test"].sync()
    [plan] = planner.plans
    commands = [line.strip() for line in plan.splitlines() if line.strip().startswith('["')]
    assert "cd libs/b && npm run --silent build" in commands[-2]
    assert "cd apps/a" not in plan
    assert "test" in commands[-1]


NATIVE = {"packages": {"node_modules/x": {"hasInstallScript": True, "dependencies": {"nan": "2"}}}}


PRUNED, INSTALLED = "npm prune --omit=dev", "npm ci --omit=dev"


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        ('output = ["dist"]', PRUNED),
        ('output = ["dist"], prod_deps = "install"', INSTALLED),
        ('output = ["dist"], native = false', INSTALLED),
        ("build = false", INSTALLED),
    ],
)
async def test_what_a_build_has_compiled_is_not_compiled_again(tmp_path, planning, settings, own):
    """But for another processor, for which nothing is compiled."""
    manifest = {"name": "a", "main": "index.js", "scripts": {"build": "x"}}
    configuration = f'[services.a]\npath = "a"\nplatforms = ["linux/amd64", "linux/arm64"]\nnode = {{ {settings} }}\n'
    trees.write(tmp_path, {**PLAIN, "a/package.json": manifest, "a/package-lock.json": NATIVE, "pipeline.toml": configuration})
    async with planning() as (project, planner):
        graph = project.graph("a")
        for processor in ("amd64", "arm64"):
            await graph.stage(f"prod-deps-{processor}").container.sync()
            ours = default_platform() == f"linux/{processor}"
            assert (own if ours else INSTALLED) in planner.plans[-1]
