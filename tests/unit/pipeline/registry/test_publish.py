"""The order of publishing: all digests, then the tags; a registry that refuses ends it with a sentence."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from pipeline.registry.client import Client
from pipeline.registry.errors import RegistryError
from pipeline.registry.publish import Attachment, Publication, publish

DIGEST = "sha256:" + "a" * 64


class Fake:
    """A client that notes what it is asked, and fails where it is told to."""

    def __init__(self, fails=""):
        self.asked, self.fails = [], fails

    async def run(self, *arguments, repository):
        await anyio.lowlevel.checkpoint()
        self.asked.append((arguments[1], repository, arguments[-1]))
        if self.fails and self.fails in arguments:
            msg = f"{repository}: refused"
            raise RegistryError(msg)
        return ""


def publications(*tags):
    return [
        Publication(name, Path(f"{name}.tar"), DIGEST, tuple(f"r.example/{name}:{tag}" for tag in tags))
        for name in ("api", "auth")
    ]


async def test_all_are_pushed_once_before_any_is_tagged():
    client = Fake()
    await publish(client, publications("1", "2"), {}, lambda *_: None)
    assert sorted(client.asked[:2]) == [("import", f"r.example/{name}", f"{name}.tar") for name in ("api", "auth")]
    assert {(verb, last) for verb, _, last in client.asked[2:]} == {
        ("copy", f"r.example/{name}:{tag}") for name in ("api", "auth") for tag in "12"
    }


async def test_documents_are_attached_before_any_tag():
    client = Fake()
    documents = {"api": [Attachment(DIGEST, "application/spdx+json", Path("api.spdx.json"))]}
    await publish(client, publications("1"), documents, lambda *_: None)
    assert [verb for verb, _, _ in client.asked] == ["import", "import", "put", "copy", "copy"]


async def test_nothing_is_tagged_where_one_is_refused():
    client = Fake(fails=f"r.example/auth@{DIGEST}")
    with pytest.raises(RegistryError, match=r"r.example/auth: refused"):
        await publish(client, publications("1"), {}, lambda *_: None)
    assert {verb for verb, _, _ in client.asked} == {"import"}


def program(folder, script):
    path = folder / "regctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def test_a_refusal_names_the_way_out(tmp_path):
    client = Client(program(tmp_path, "echo 'request failed: unauthorized [http 401]' >&2; exit 1"))
    with pytest.raises(
        RegistryError, match=r"^r.example/a: request failed: .*; `docker login r.example`, or point DOCKER_CONFIG"
    ):
        await client.run("image", "import", repository="r.example/a")


async def test_one_that_never_answers_is_given_up_on(tmp_path):
    client = Client(program(tmp_path, "exec sleep 60"), seconds=0.2)
    with pytest.raises(RegistryError, match=r"r.example/a: no answer after 0.2 s"):
        await client.run("image", "import", repository="r.example/a")
