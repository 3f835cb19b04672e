"""What is known of a repository before an engine is there."""

from __future__ import annotations

import subprocess

import pytest
from trees import write

from pipeline.config import Overrides
from pipeline.connection import origin
from pipeline.repository import read

FILES = {
    "pipeline.toml": '[services.tool]\npath = "tool"\nhealth = false\n',
    "tool/go.mod": "module example.test/tool\n\ngo 1.26\n",
    "tool/main.go": "package main\n\nfunc main() {}\n",
    "tool/config/production.yaml": "a: 1\n",
}


def git(folder, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.test", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


async def revision(root):
    found = await origin(read(root, [], Overrides()))
    return found.labels["tool"]["org.opencontainers.image.revision"]


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        ({"tool/config/production.yaml": "a: 2\n"}, True),
        ({"tool/main.go": "package main\n\nfunc main() { println() }\n"}, True),
        ({"tool/main_test.go": "package main\n"}, False),
        ({"README.md": "all\n"}, False),
    ],
)
async def test_an_images_revision_is_the_last_that_any_of_its_stages_saw(tmp_path, edit, counts):
    write(tmp_path, FILES)
    git(tmp_path, "init", "--quiet")
    for message in ("one", "two"):
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "--message", message)
        write(tmp_path, edit)
    assert await revision(tmp_path) == git(tmp_path, "rev-parse", "HEAD" if counts else "HEAD~1")
    write(tmp_path, {path: text + "\n" for path, text in edit.items()})
    assert (await revision(tmp_path)).endswith("-dirty") is counts
