"""Repositories made to hold up who reads them, or to break what does: each is read or refused, in a sentence, in no time."""

from __future__ import annotations

import json
import time

import pytest

from pipeline.config import Go, Node, Service
from pipeline.detect import detect, survey
from pipeline.detect.found import as_text
from pipeline.errors import UsageError

SECONDS = 3.0
"""Of the processor's time. None takes a tenth of it; what is quadratic takes minutes, and what is exponential for ever."""

GO_MOD = "module a\n\ngo 1.26\n"
MAIN = "package main\n\nfunc main() {}\n"
LONG = "a" * 300
NPM = {"package-lock.json": "{}", "index.js": ""}


def deep(count, opening="[", closing="]"):
    return opening * count + closing * count


def bomb(name):
    """Return YAML whose last alias stands for a thousand million words."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 9)]
    return "\n".join([*lines, f"{name}: *a8", ""])


def manifest(**more):
    return {"package.json": json.dumps({"name": "a", "main": "index.js", **more})}


def pnpm(lock, **more):
    return {**manifest(packageManager="pnpm@10.0.0", **more), "pnpm-lock.yaml": lock, "index.js": ""}


def built(script, **settings):
    scripts = {"start": "node dist/index.js", "build": script}
    return {**manifest(scripts=scripts), **NPM, "tsconfig.json": json.dumps(settings)}


NODE = {
    "a manifest of many arrays": {"package.json": deep(20_000), **NPM},
    "a manifest as deep as JSON may be": {**manifest(exports=json.loads(deep(900, '{"a":', "}").replace(":}", ":1}"))), **NPM},
    "a manifest with a very long number": {"package.json": f'{{"a": {"9" * 5000}}}', **NPM},
    "a manifest that says all twice": {"package.json": '{"main": "index.js", ' + '"a": 1, ' * 20_000 + '"b": 2}', **NPM},
    "a start script of many assignments": {**manifest(scripts={"start": "a=a=a " * 60 + "x"}), **NPM},
    "a start script of many words": {**manifest(scripts={"start": "tsc " * 20_000, "build": "tsc " * 20_000}), **NPM},
    "start scripts that start each other": {**manifest(scripts={"start": "npm run a", "a": "npm start"}), **NPM},
    "a range of many spaces": {**manifest(engines={"node": ">" + " " * 20_000 + "1"}), **NPM},
    "a range of many digits": {**manifest(engines={"node": "1" * 20_000}), **NPM},
    "a start script that names a very long file": {**manifest(scripts={"start": f"node {LONG}"}), **NPM},
    "a compiler's settings of a very long name": built(f"tsc -p {LONG}"),
    "a compiler's settings that extend a very long name": built("tsc", extends=f"./{LONG}"),
    "a compiler's output of a very long name": built("tsc", compilerOptions={"outDir": LONG}),
    "a compiler's output with a NUL": built("tsc", compilerOptions={"outDir": "a\0"}),
    "a compiler's output that no file system has": built("tsc", compilerOptions={"outDir": "\ud800"}),
    "a compiler's output that is a loop": {**built("tsc", compilerOptions={"outDir": "loop/a"}), "loop": "-> loop"},
    "members for all numbers": {**manifest(workspaces=["{1..999999999}/*"]), **NPM},
    "members for all words": {**manifest(workspaces=["{a,b}" * 40]), **NPM},
    "members of many stars": {**manifest(workspaces=["*a" * 40 + "b"]), **NPM, f"{'a' * 200}/package.json": "{}"},
    "a member that is a device": {**manifest(workspaces=["*"]), **NPM, "m/package.json": "-> /dev/zero"},
    "a manifest that is a device": {"package.json": "-> /dev/zero", **NPM},
    "a program that is a device": {**manifest(), **NPM, "server.js": "-> /dev/zero"},
    "a Dockerfile that is a device": {**manifest(), **NPM, "Dockerfile": "-> /dev/zero"},
    "a lockfile that is a device": {**manifest(), "index.js": "", "package-lock.json": "-> /dev/zero"},
    "a lockfile of many arrays": {**manifest(), **NPM, "package-lock.json": deep(20_000)},
    "a lockfile with a very long number": {**manifest(), **NPM, "package-lock.json": f'{{"packages": {"9" * 5000}}}'},
    "a lockfile of one line": pnpm("lockfileVersion: '9.0'\n\n" + " " * 200_000 + "'" * 200_000),
    "a lockfile that is a bomb": pnpm(bomb("lockfileVersion")),
    "a lockfile that is no YAML": pnpm("lockfileVersion: '9.0'\n\t: ]\n"),
    "a workspace's list that is a bomb": {**pnpm("lockfileVersion: '9.0'\n"), "pnpm-workspace.yaml": bomb("packages")},
    "a workspace's list with a time that is none": {**manifest(), **NPM, "pnpm-workspace.yaml": "a: !!timestamp b"},
    "a workspace's list with a number that is none": {**manifest(), **NPM, "pnpm-workspace.yaml": "a: !!int ''"},
    "a workspace's list with a truth that is none": {**manifest(), **NPM, "pnpm-workspace.yaml": "a: !!bool b"},
    "a workspace's list of many arrays": {**pnpm("lockfileVersion: '9.0'\n"), "pnpm-workspace.yaml": f"packages: {deep(1500)}"},
    "a workspace's many lists of many arrays": {
        **pnpm("lockfileVersion: '9.0'\n"),
        "pnpm-workspace.yaml": "packages:\n" + f"  - {deep(250)}\n" * 300,
    },
    "settings of many variables": {**manifest(), **NPM, ".npmrc": "${a" * 40_000},
    "a program of many calls": {**manifest(), **NPM, "index.js": 'f("x").listen' * 10_000},
    "a program of many sums": {**manifest(), **NPM, "index.js": "x = PORT" + " + 80" * 30_000},
    "a program of many brackets": {**manifest(), **NPM, "index.js": "PORT health read" + "(" * 40_000},
    "a program that names a very long file": {
        **manifest(),
        **NPM,
        "index.js": f'readFile("{"ä" * 200}"); open("{"a" * 5000}")',
    },
    "a route that many are mounted on": {**manifest(), **NPM, "index.js": "app.use('/health', '/a'," * 3000},
}

GO = {
    "quotes that nothing ends": {"go.mod": GO_MOD + 'replace "' + '\\"' * 40_000, "main.go": MAIN},
    "blocks that nothing ends": {"go.mod": GO_MOD + "require (\n" * 20_000, "main.go": MAIN},
    "a version of many digits": {"go.mod": f"module a\n\ngo 1.{'9' * 5000}\n", "main.go": MAIN},
    "a module replaced by a very long name": {"go.mod": GO_MOD + f"replace b => ./{LONG}\n", "main.go": MAIN},
    "a module replaced by a NUL": {"go.mod": GO_MOD + "replace b => ./b\0\n", "main.go": MAIN},
    "a module replaced by a loop": {"go.mod": GO_MOD + "replace b => ./loop\n", "main.go": MAIN, "loop": "-> loop"},
    "a workspace that uses a very long name": {"go.mod": GO_MOD, "main.go": MAIN, "go.work": f"go 1.26\nuse (.\n./{LONG})\n"},
    "a module that is a device": {"go.mod": "-> /dev/zero", "main.go": MAIN},
    "a workspace that is a device": {"go.mod": GO_MOD, "main.go": MAIN, "go.work": "-> /dev/zero"},
    "a program that is a device": {"go.mod": GO_MOD, "main.go": MAIN, "a.go": "-> /dev/zero"},
    "a constraint of many brackets": {"go.mod": GO_MOD, "main.go": MAIN, "a.go": f"//go:build {'(' * 20_000}a\n\n{MAIN}"},
    "a constraint of many marks": {"go.mod": GO_MOD, "main.go": MAIN, "a.go": f"//go:build {'!' * 200_000}a\n\n{MAIN}"},
    "many empty lines before C": {
        "go.mod": GO_MOD,
        "main.go": "package main\n\n/*" + "\n" * 40_000 + '*/\nimport "C"\n\nfunc main() {}\n',
    },
    "an embedded host": {"go.mod": GO_MOD, "main.go": MAIN + "\n//go:embed ../../../../../*/*/*/*/*/*/*\nvar a string\n"},
    "a program of many brackets": {"go.mod": GO_MOD, "main.go": MAIN + "var PORT = " + "(" * 200_000},
}


def lay(root, files):
    for name, content in files.items():
        path = root / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            path.unlink(missing_ok=True)
            path.symlink_to(content.removeprefix("-> "))
        else:
            path.write_text(content)


def in_time(work):
    begun = time.process_time()
    try:
        return work()
    except UsageError as error:
        return str(error)
    finally:
        assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("files", NODE.values(), ids=NODE)
def test_a_node_service_that_holds_nobody_up(tmp_path, files):
    lay(tmp_path, files)
    for settings in (Service(path="a", kind="node"), Service(path="a", kind="node", node=Node(frozen=False), port=80)):
        found = in_time(lambda settings=settings: detect(tmp_path, "a", settings))
        assert isinstance(found, str) or as_text(found.settings)
    in_time(lambda: survey(tmp_path))


@pytest.mark.parametrize("files", GO.values(), ids=GO)
def test_a_go_service_that_holds_nobody_up(tmp_path, files):
    lay(tmp_path, files)
    for settings in (Service(path="a", kind="go"), Service(path="a", kind="go", go=Go(main="."))):
        found = in_time(lambda settings=settings: detect(tmp_path, "a", settings))
        assert isinstance(found, str) or as_text(found.settings)
    in_time(lambda: survey(tmp_path))
