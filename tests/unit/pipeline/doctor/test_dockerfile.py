"""What is read from a Dockerfile: stages, lines, the commands of scripts, the context."""

from __future__ import annotations

import pytest

from pipeline.doctor.context import Context, context_of
from pipeline.doctor.dockerfile import Unreadable, read
from pipeline.doctor.examine import is_dockerfile
from pipeline.doctor.facts import image, installs
from pipeline.doctor.shell import Command, shell


@pytest.fixture
def dockerfile(tmp_path):
    def write(text):
        path = tmp_path / "Dockerfile"
        path.write_text(text)
        return read(path, "Dockerfile", Context(tmp_path, tmp_path, None))

    return write


def test_stages_begin_with_images_or_stages(dockerfile):
    read = dockerfile(
        "# syntax=docker/dockerfile:1.7\nARG NODE=22\nFROM --platform=$BUILDPLATFORM node:${NODE}-slim AS Base\nFROM base AS build\nFROM scratch\n"
    )

    assert read.syntax == "docker/dockerfile:1.7"
    assert [(stage.name, stage.base, stage.platform, stage.line) for stage in read.stages] == [
        ("Base", "node:22-slim", "$BUILDPLATFORM", 3),
        ("build", "base", "", 4),
        ("", "scratch", "", 5),
    ]
    assert read.stages[1].lineage == read.stages[:2]
    assert read.stages[1].image == "node:22-slim"


def test_commands_know_their_lines(dockerfile):
    text = """\
FROM debian:12
RUN --mount=type=cache,target=/a \\
    --mount=type=secret,id=b,env=C \\
    # why
    apt-get update && \\

    CGO_ENABLED=0 go build -o "/bin/my app" ./cmd
RUN <<EOF
npm ci
npm run build
EOF
RUN ["sh", "-ec", "npm ci && npm test"]
"""
    first, second, third = dockerfile(text).final.instructions

    assert [(command.words, command.line) for command in first.script.commands] == [
        (("apt-get", "update"), 5),
        (("go", "build", "-o", "/bin/my app", "./cmd"), 7),
    ]
    assert first.script.commands[1].variables == {"CGO_ENABLED": "0"}
    assert [dict(mount) for mount in first.mounts] == [
        {"type": "cache", "target": "/a"},
        {"type": "secret", "id": "b", "env": "C"},
    ]
    assert [(command.words, command.line) for command in second.script.commands] == [
        (("npm", "ci"), 9),
        (("npm", "run", "build"), 10),
    ]
    assert [command.words for command in third.script.commands] == [("npm", "ci"), ("npm", "test")]


def test_variables_of_a_script():
    script = shell("for arch in a b; do X=1; echo $X $arch ${Y:-1} '$Z' \"$W\"; done", [1] * 70)

    assert {use.name: use.guarded for use in script.uses} == {"X": False, "arch": False, "Y": True, "W": False}
    assert set(script.assigned) == {"arch", "X"}


def test_pairs_have_no_quotes(dockerfile):
    env, label = dockerfile("FROM scratch\nENV A=\"b c\" D=e\\ f\nLABEL g='h'\n").final.instructions

    assert env.pairs == (("A", "b c"), ("D", "e f"))
    assert label.pairs == (("g", "h"),)


@pytest.mark.parametrize(("text", "line"), [("RUN true\n", 1), ("FROM a\nNOTHING b\n", 2), ("", 1)])
def test_what_is_no_dockerfile_is_told(dockerfile, text, line):
    with pytest.raises(Unreadable) as told:
        dockerfile(text)

    assert told.value.line == line


def test_the_context_is_the_folder_that_has_what_is_copied(tmp_path):
    (tmp_path / "docker").mkdir()
    (tmp_path / "go.mod").touch()
    (tmp_path / ".dockerignore").write_text("# no\n/dist\n*.pem\n!keep.pem\n")

    context = context_of(tmp_path, tmp_path / "docker" / "Dockerfile", ["go.mod"])

    assert context.folder == tmp_path
    assert [context.takes(path) for path in ("dist", "a.pem", "keep.pem", "src")] == [False, False, True, True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dockerfile", True),
        ("Dockerfile.prod", True),
        ("api.Dockerfile", True),
        ("dockerfile.py", False),
        ("Dockerfile.dockerignore", False),
        (".gitpod.Dockerfile", False),
        ("Dockerfile.tmpl", False),
    ],
)
def test_dockerfiles_by_their_names(name, expected):
    assert is_dockerfile(name) is expected


@pytest.mark.parametrize(
    ("address", "registry", "name", "tag", "official"),
    [
        ("node", "", "node", "", True),
        ("node:22-slim@sha256:1", "", "node", "22-slim", True),
        ("docker.io/library/node:22", "docker.io", "library/node", "22", True),
        ("localhost:5000/a/b:c", "localhost:5000", "a/b", "c", False),
        ("bitnami/node:22", "", "bitnami/node", "22", False),
    ],
)
def test_images_in_their_parts(address, registry, name, tag, official):
    found = image(address)

    assert (found.registry, found.name, found.tag, found.official) == (registry, name, tag, official)


@pytest.mark.parametrize(
    ("words", "manager"),
    [
        ("npm ci --omit=dev", "npm"),
        ("npm install", "npm"),
        ("npm i --omit dev", "npm"),
        ("npm install -g pnpm", ""),
        ("npm install express", ""),
        ("npm run install", ""),
        ("pnpm --filter api install", ""),
        ("pnpm install --frozen-lockfile", "pnpm"),
        ("yarn", "yarn"),
        ("yarn --version", ""),
        ("yarn build", ""),
        ("go mod download", "go"),
    ],
)
def test_which_commands_install_a_projects_dependencies(words, manager):
    assert installs(Command(tuple(words.split()), 1)) == manager
