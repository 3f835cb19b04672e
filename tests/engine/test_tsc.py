"""`tsc.js` with the real compiler: its output whatever was kept of earlier runs, and no error unsaid."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import pipeline.stages

VERSIONS = ("5.0.4", "5.9.3", "6.0.3")

CONFIG = {
    "compilerOptions": {
        "target": "es2022",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "resolveJsonModule": True,
        "rootDir": "src",
        "outDir": "dist",
        "strict": True,
        "isolatedModules": True,
        "sourceMap": True,
        "types": [],
    },
    "include": ["src"],
}

SOURCES = {
    "src/main.ts": 'import { colour } from "./deep/paint.js";\nexport const told: string = colour(1);\n',
    "src/deep/paint.ts": 'import type { Shade } from "./shade.js";\nimport { enough } from "./enough.js";\n'
    "const dark: Shade = { depth: enough };\nexport function colour(by: number): string { return String(dark.depth * by); }\n",
    "src/deep/shade.ts": "export interface Shade { depth: number }\n",
    "src/deep/enough.ts": "export const enum Limit { Enough = 3 }\nexport const enough = Limit.Enough;\n",
    "src/old.cts": 'import settings = require("./settings.json");\nexport const old = settings.name;\n',
    "src/settings.json": '{ "name": "n" }\n',
}


@dataclass(frozen=True)
class Project:
    root: Path
    ours: Path
    kept: Path

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if isinstance(text, str) else json.dumps(text))

    def configure(self, **options):
        self.write({"tsconfig.json": {**CONFIG, "compilerOptions": {**CONFIG["compilerOptions"], **options}}})

    def tsc(self, *arguments):
        """Run ours, with the real one behind it."""
        return self._run([self.ours, self.root / "node_modules/.bin"], *arguments)

    def alone(self, *arguments):
        """Run ours where it cannot leave anything to the real one; return the output, by path."""
        shutil.rmtree(self.root / "dist", ignore_errors=True)
        run = self._run([self.ours], *arguments)
        assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr
        return self._output()

    def real(self, *arguments):
        return self._run([self.root / "node_modules/.bin"], *arguments)

    def output(self, *arguments):
        """Return the output of the real one, by path."""
        shutil.rmtree(self.root / "dist", ignore_errors=True)
        assert self.real(*arguments).returncode == 0
        return self._output()

    def recalled(self):
        """Return the one file that is kept, and what is in it."""
        [path] = self.kept.iterdir()
        return path, json.loads(path.read_text())

    def _run(self, programs, *arguments):
        path = os.pathsep.join([*map(str, programs), str(Path(shutil.which("node")).parent)])
        environ = {**os.environ, "PATH": path, "TSC_KEPT": str(self.kept)}
        command = [shutil.which("tsc", path=path), *arguments]
        return subprocess.run(command, cwd=self.root, env=environ, capture_output=True, text=True, check=False, timeout=120)

    def _output(self):
        folder = self.root / "dist"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def compilers(tmp_path_factory):
    """Return folders with a compiler's installation, by version, made when they are asked for."""
    made = {}

    def find(version):
        if version not in made:
            made[version] = tmp_path_factory.mktemp(version)
            (made[version] / "package.json").write_text("{}")
            command = ["npm", "install", "--no-audit", "--no-fund", f"typescript@{version}"]
            subprocess.run(command, cwd=made[version], check=True, capture_output=True, timeout=120)
        return made[version]

    return find


@pytest.fixture
def make(compilers, tmp_path):
    def project(version=VERSIONS[-1]):
        made = Project(tmp_path / "project", tmp_path / "ours", tmp_path / "kept")
        for folder in (made.root, made.ours, made.kept):
            folder.mkdir()
        shutil.copy(Path(pipeline.stages.__file__).with_name("tsc.js"), made.ours / "tsc").chmod(0o755)
        (made.root / "node_modules").symlink_to(compilers(version) / "node_modules")
        made.write({"package.json": {"type": "module"}, "tsconfig.json": CONFIG, **SOURCES})
        return made

    return project


@pytest.mark.parametrize("version", VERSIONS)
def test_the_output_is_the_real_ones_after_every_edit(make, version):
    project = make(version)
    assert project.alone() == project.output()
    edits = [
        {"src/deep/enough.ts": SOURCES["src/deep/enough.ts"].replace("3", "4")},
        {"src/deep/shade.ts": "export interface Shade { depth: number; name?: string }\n"},
        {"src/settings.json": '{ "name": "another" }\n'},
        {"src/deep/more.ts": 'export { colour } from "./paint.js";\n'},
        {"package.json": {"type": "commonjs"}},
        {"tsconfig.json": {**CONFIG, "include": ["src/**/*"], "exclude": ["src/old.cts"]}},
    ]
    for edit in edits:
        project.write(edit)
        assert project.alone("-p", ".") == project.output(), edit
    (project.root / "src/deep/more.ts").unlink()
    (project.root / "src/deep/enough.ts").rename(project.root / "src/deep/limit.ts")
    project.write({"src/deep/paint.ts": SOURCES["src/deep/paint.ts"].replace("enough.js", "limit.js")})
    assert project.alone("--project", "tsconfig.json") == project.output()
    project.configure(target="es2020", outDir="dist/lib")
    assert project.alone() == project.output()


@pytest.mark.parametrize("version", [version for version in VERSIONS if version < "6"])
def test_where_nothing_says_what_sources_are_relative_to_all_of_them_decide_it(make, version):
    project = make(version)
    project.configure(rootDir=None)
    project.write({"src/main.ts": "export const told = 1;\n"})
    for name in ("src/deep/paint.ts", "src/old.cts", "src/settings.json"):
        assert project.alone() == project.output()
        (project.root / name).unlink()
    for name in ("src/deep/enough.ts", "src/main.ts"):
        (project.root / name).unlink()
        assert project.alone() == project.output()


def test_what_was_kept_is_used(make):
    project = make()
    project.alone()
    path, kept = project.recalled()
    for outputs in kept["outputs"].values():
        for output in outputs:
            output[1] += "// kept\n"
    path.write_text(json.dumps(kept))
    project.write({"src/main.ts": SOURCES["src/main.ts"] + "export const more = 1;\n"})
    marked = {name for name, content in project.alone().items() if b"// kept" in content}
    assert "deep/paint.js" in marked
    assert "main.js" not in marked


def test_what_was_found_of_a_file_is_not_looked_for_again(make):
    project = make()
    project.alone()
    path, kept = project.recalled()
    info = json.loads(kept["info"])
    number = info["fileNames"].index(next(name for name in info["fileNames"] if name.endswith("/old.cts"))) + 1
    found = {"start": 0, "length": 1, "messageText": "kept", "category": 1, "code": 1}
    info["semanticDiagnosticsPerFile"] = [[number, [found]]]
    path.write_text(json.dumps({**kept, "info": json.dumps(info)}))
    run = project._run([project.ours])
    assert (run.returncode, "tsc: spawnSync tsc ENOENT" in run.stderr) == (1, True)
    # The real one knows nothing of it.
    assert project.tsc().returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_an_edit_that_breaks_another_file_is_told_by_the_real_one_each_time(make, version):
    project = make(version)
    project.alone()
    project.write({"src/deep/shade.ts": "export interface Shade { depth: string }\n"})
    expected = project.real()
    assert (expected.returncode, "src/deep/paint.ts(3,23): error TS2322" in expected.stdout) == (2, True)
    for _ in range(2):
        run = project.tsc()
        assert (run.returncode, run.stdout) == (expected.returncode, expected.stdout)
    project.write(SOURCES)
    assert project.alone() == project.output()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"null", b"[]", b'{"version": "6.0.3"}', b'{"version":"6.0.3","info":"{","outputs":{}}', b"\xff"]
)
def test_what_is_damaged_is_found_out_anew(make, damage):
    project = make()
    project.alone()
    path, _ = project.recalled()
    path.write_bytes(damage)
    shutil.rmtree(project.root / "dist")
    assert project.tsc().returncode == 0
    assert project._output() == project.output()


def test_a_folder_that_cannot_be_written_to_costs_nothing_but_time(make):
    project = make()
    project.kept.rmdir()
    assert project.alone() == project.output()


def test_types_alone_are_checked(make):
    project = make()
    assert project.alone("--noEmit") == {}
    project.write({"src/main.ts": "export const told: string = 1;\n"})
    assert project.tsc("--noEmit").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("--version",), {}),
        (("--showConfig",), {}),
        (("--nothing",), {}),
        (("--listEmittedFiles",), {}),
        (("-p", "nowhere"), {}),
        (("-b",), {}),
        (("src/old.cts",), {}),
        ((), {"isolatedModules": False}),
        ((), {"declaration": True}),
        ((), {"composite": True}),
        ((), {"incremental": True}),
        ((), {"listFiles": True}),
        ((), {"plugins": [{"transform": "none"}]}),
        ((), {"target": "none such"}),
    ],
)
def test_more_than_compiling_a_project_of_independent_files_is_left_to_the_real_one(make, arguments, options):
    project = make()
    project.configure(**options)
    expected = project.real(*arguments)
    output = project._output()
    for name in ("dist", "tsconfig.tsbuildinfo"):
        path = project.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    run = project.tsc(*arguments)
    assert (run.returncode, run.stdout, run.stderr) == (expected.returncode, expected.stdout, expected.stderr)
    assert project._output() == output
    assert list(project.kept.iterdir()) == []


def test_an_empty_machine_is_given_what_another_has_found_out(make_workspace, tools, tmp_path, tmp_path_factory):
    """What lies in its folder is copied into the image, and of either command it keeps a file there."""
    seen = []
    with tools.registry(tmp_path) as registry:
        for command in ("tsc -p tsconfig.json", "tsc --project tsconfig.json"):
            root = tmp_path_factory.mktemp("compiled") / "ts"
            shutil.copytree(Path(__file__).parents[1] / "corpus" / "node-typescript", root)
            settings, manifest = root / "tsconfig.json", root / "package.json"
            settings.write_text(settings.read_text().replace('"outDir"', '"isolatedModules": true, "outDir"'))
            script = f"{command} && cp -r /var/cache/tsc lib/kept"
            manifest.write_text(manifest.read_text().replace("tsc -p tsconfig.json", script))
            made = replace(make_workspace(), root=root, settings={"PIPELINE_CACHE_REGISTRY": registry.address})
            run = made.pipeline("build", "--cache-write")
            assert run.code == 0, run.out + run.err
            [service] = run.report["services"]
            entries, _ = made.files(service["service_name"])
            seen.append({path for path in entries if path.startswith("app/lib/kept/")})
    assert run.stages(service["service_name"])["deps"] == "restored"
    first, second = seen
    assert (len(first), len(second), first < second) == (1, 2, True)
