"""Package managers at work: their commands, and settings as each of them reads them."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from pipeline.detect.model import Install, Manager, Script
from pipeline.stages import packages


def install(name, **settings):
    return Install(Manager(name, "" if name == "npm" else "1.0.0"), {}, (), **settings)


@pytest.mark.parametrize(
    ("script", "command"),
    [
        (Script(".", "make"), ("npm", "run", "--silent", "make")),
        (
            Script(".", "make", "rm -rf a && tsc"),
            ("sh", "-ec", 'PATH="/opt/pipeline/bin:$PWD/node_modules/.bin:$PATH"; rm -rf a && tsc'),
        ),
        (
            Script("a/b", "make", "tsc"),
            ("sh", "-ec", 'PATH="/opt/pipeline/bin:$PWD/node_modules/.bin:/app/node_modules/.bin:$PATH"; tsc'),
        ),
    ],
)
def test_a_script_by_itself_finds_programs_where_the_package_and_its_workspace_have_them(script, command):
    assert packages.build(Manager("npm"), script, "/app") == command


@pytest.mark.parametrize(
    ("settings", "production", "first"),
    [
        (install("npm"), False, "npm ci"),
        (install("npm"), True, "npm ci --omit=dev"),
        (install("npm", frozen=False), False, "npm install"),
        (
            install("pnpm"),
            True,
            "pnpm install --frozen-lockfile --store-dir=/var/cache/pnpm --package-import-method=copy --prod",
        ),
        (install("yarn"), True, "yarn install --frozen-lockfile --non-interactive --cache-folder=/var/cache/yarn --production"),
        (install("berry"), False, "yarn install --immutable"),
        (install("berry", focus="@x/api"), True, "yarn workspaces focus --production @x/api"),
        (install("npm", scripts=("esbuild",)), False, "npm ci --ignore-scripts"),
    ],
)
def test_installs_are_locked(settings, production, first):
    command = packages.install(settings, production=production)
    lines = command[2].splitlines() if command[0] == "sh" else [" ".join(command)]
    assert lines[0] == first


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("npm", "npm prune --omit=dev --ignore-scripts"),
        ("pnpm", "pnpm prune --prod --ignore-scripts"),
        (
            "yarn",
            "yarn install --frozen-lockfile --production --ignore-scripts --non-interactive --cache-folder=/var/cache/yarn",
        ),
        ("berry", "yarn workspaces focus --production"),
    ],
)
def test_what_is_pruned_runs_no_scripts_of_the_roots(name, command):
    words = packages.prune(install(name))
    assert (words[2].splitlines()[0] if words[0] == "sh" else " ".join(words)) == command


def test_allowed_scripts_run_after_the_install():
    assert "npm rebuild esbuild sharp" in packages.install(install("yarn", scripts=("esbuild", "sharp")), production=False)[2]
    assert packages.environment(install("berry", scripts=()))["YARN_ENABLE_SCRIPTS"] == "false"


def test_yarn_is_told_the_processor_by_its_settings():
    command = packages.install(install("berry"), production=True, processor="arm64")
    assert command[2].splitlines()[:2] == [
        'yarn config set supportedArchitectures --json \'{"os": ["linux"], "cpu": ["arm64"], "libc": ["glibc"]}\' >/dev/null',
        "yarn workspaces focus --production",
    ]


def test_members_have_a_folder_for_dependencies_even_without_any():
    command = packages.install(install("npm", members=(".", "apps/api")), production=False)
    assert "mkdir -p apps/api/node_modules" in command[2].splitlines()


@pytest.mark.parametrize(
    ("name", "production", "read"),
    [("pnpm", False, ["", "a/", "b/"]), ("pnpm", True, ["", "a/"]), ("npm", True, ["", "a/", "b/"])],
)
def test_pnpm_installs_nothing_that_a_member_for_development_needs(name, production, read):
    manifests = dict.fromkeys(("package.json", "a/package.json", "b/package.json"), "{}")
    settings = Install(Manager(name), manifests, (), members=(".", "a", "b"), shipped_members=(".", "a"))
    assert list(packages.manifests(settings, production=production)) == [f"{folder}package.json" for folder in read]
    assert ("b/node_modules" in str(packages.install(settings, production=production))) is not production


def test_notes_with_the_time_in_them_do_not_ship():
    assert "node_modules/.modules.yaml" in packages.install(install("pnpm"), production=True)[2]
    assert ".modules.yaml" not in str(packages.install(install("pnpm"), production=False))


def test_what_a_compiler_leaves_beside_an_addon_does_not_ship(tmp_path):
    addon = tmp_path / "node_modules/a/build/Release/a.node"
    own = tmp_path / "build/Release/obj/a.o"
    for path in (addon, addon.parent / "obj.target/a.o", addon.parent / ".deps/b/a.d", addon.parent / "obj/gen/a.c", own):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    script = packages.prune(install("npm", compiled=True))[-1].splitlines()
    assert script[0] == "npm prune --omit=dev --ignore-scripts"
    subprocess.run(["sh", "-ec", "\n".join(script[1:])], cwd=tmp_path, check=True)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == [own, addon]
    assert "find" not in packages.install(install("npm", compiled=True), production=False)[-1]


def test_npms_settings_as_yarn_reads_them():
    npmrc = "registry=https://r.example/npm/\n@x:registry=https://x.example\n//r.example/npm/:_authToken=t\nfetch-timeout=5\n"
    assert yaml.safe_load(packages.berry_settings(npmrc)) == {
        "npmRegistryServer": "https://r.example/npm",
        "npmScopes": {"x": {"npmRegistryServer": "https://x.example"}},
        "npmRegistries": {"//r.example/npm": {"npmAuthToken": "t"}},
    }
    assert packages.berry_settings("") == ""


@pytest.mark.parametrize(
    ("machine", "processor", "code"),
    [(62, "arm64", 1), (183, "arm64", 0), (183, "amd64", 1), (None, "arm64", 0)],
)
def test_what_was_compiled_for_another_processor_is_refused_and_named(tmp_path, machine, processor, code):
    if machine:
        addon = tmp_path / "node_modules/@x/addon/build/Release/addon.node"
        addon.parent.mkdir(parents=True)
        addon.write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little"))
    # One that the package brings for other processors beside is no fault.
    brought = tmp_path / "node_modules/brought/prebuilds/linux-x64/node.node"
    brought.parent.mkdir(parents=True)
    brought.write_bytes(b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little"))
    command = packages.install(install("npm"), production=True, processor=processor)
    lines = command[2].splitlines()
    assert lines[0] == f"npm ci --omit=dev --os=linux --cpu={ {'amd64': 'x64'}.get(processor, processor) } --libc=glibc"
    done = subprocess.run(["sh", "-ec", "\n".join(lines[1:])], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert (f"and not for {processor}: ./node_modules/@x/addon\n" in done.stderr) is bool(code)
