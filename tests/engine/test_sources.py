"""What a build takes in of its folder: what .dockerignore leaves out is not there, and what Go compiles in is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trees import write

GO = {
    "go.mod": "module example.com/a\n\ngo 1.24\n",
    "main.go": (
        'package main\n\nimport "embed"\n\n//go:embed README.md dist\nvar files embed.FS\n\n'
        'func main() { b, _ := files.ReadFile("dist/page"); println(string(b)); println(more) }\n'
    ),
    "more.go": 'package main\n\nconst more = "of the image"\n',
    "broken.go": "left out, or nothing compiles\n",
    "README.md": "read by the program\n",
    "dist/page": "made beforehand\n",
    ".dockerignore": "# An allowlist.\n*\n!go.mod\n!m*.go\n",
}
NODE = {
    "package.json": {"name": "b", "version": "1.0.0", "main": "main.js"},
    "package-lock.json": {"name": "b", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {}}},
    "main.js": "",
    "docs/page.md": "",
    "private/a.js": "",
    "private/kept.js": "",
    "README.md": "",
    ".dockerignore": "private\n!private/kept.js\n",
}
CONFIG = '[services.a]\npath = "a"\nhealth = false\n\n[services.b]\npath = "b"\nhealth = false\n'


@pytest.fixture(scope="module")
def built(workspace, tmp_path_factory):
    root = tmp_path_factory.mktemp("ignoring")
    files = {f"{folder}/{name}": content for folder, tree in (("a", GO), ("b", NODE)) for name, content in tree.items()}
    write(root, {"pipeline.toml": CONFIG, **files})
    place = replace(workspace, root=root)
    run = place.pipeline("build")
    assert run.code == 0, run.out + run.err
    return place


def test_what_go_compiles_in_is_there_and_what_is_left_out_is_not(built):
    program = built.image("a").contents["bin/app"]
    assert b"read by the program" in program
    assert b"made beforehand" in program


def test_an_image_has_the_sources_that_are_not_left_out(built):
    files, _ = built.files("b")
    own = sorted(name for name in files if name.startswith("app/") and not name.startswith("app/node_modules"))
    assert own == [
        "app/docs",
        "app/docs/page.md",
        "app/main.js",
        "app/package.json",
        "app/private",
        "app/private/kept.js",
    ]
