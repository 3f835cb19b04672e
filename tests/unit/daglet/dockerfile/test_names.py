"""The names of stages, build contexts and secrets."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain

from daglet import operations as ops
from daglet.dockerfile import Options, render
from daglet.dockerfile.names import Names
from daglet.host import STEP_MOUNTS


def test_images_at_addresses_are_named_wherever_in_the_graph_they_are():
    tool = chain(ops.FromAddress("r.example/tool:1"), ops.Exec(("true",)))
    image = chain(ops.FromAddress("r.example/base:1"), ops.CopyDirectory("/", ops.ContainerDirectory(tool, "/out")))
    assert set(render(image).addresses) == {"r.example/base:1", "r.example/tool:1"}
    assert render(chain(BASE, ops.CopyDirectory("/app", SOURCE))).addresses == ()


def test_names_are_given_once_and_are_those_of_the_thing():
    folders = [ops.HostDirectory(path) for path in ("/a/scratch", "/b/Web Site", "/c/web-site", "/d/9", "/", "/a/scratch")]
    plan = render(chain(BASE, *(ops.CopyDirectory("/x", folder) for folder in folders)))
    assert [*plan.contexts] == ["scratch-2", "web-site", "web-site-2", "s-9", "context"]
    assert [*plan.archives] == ["node-build"]
    other = ops.FromArchive(ops.HostFile("node-build.tar", "/other/node-build.tar"))
    both = chain(
        other,
        ops.CopyDirectory("/", ops.ContainerDirectory(BASE, "/")),
        ops.CopyDirectory("/", ops.ContainerDirectory(BASE, "/")),
    )
    assert [*render(both).archives] == ["node-build", "node-build-2"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/b/", "b"), ("/a/X", "x"), ("/", "context"), ("/a/§", "stage"), ("/a/_b.", "b"), ("/a/Dockerfile", "dockerfile-2")],
)
def test_a_build_context_has_the_name_of_its_folder(path, name):
    assert Names().context(ops.HostDirectory(path)) == name


@pytest.mark.parametrize("name", ["cache-npm", "time-7", "host-ca", "host-proxy-HTTP_PROXY"])
def test_no_secret_has_the_id_of_one_of_ours(name):
    met = [ops.Mount("/secret", ops.Secret(name), "secret"), ops.Mount("/cache", ops.CacheVolume("npm"), "cache")]
    plan = render(chain(BASE, *met, ops.Exec(("true",))), Options(step_mounts=STEP_MOUNTS))
    assert plan.secrets == {f"secret-{name}": ops.Secret(name)}
    assert f"type=secret,id=secret-{name},target=/secret" in plan.dockerfile


def test_secrets_of_one_name_are_told_apart_and_one_is_named_once():
    values = (ops.Secret("a b"), ops.Secret("a b", "env://X"), ops.Secret("a b"))
    steps = (ops.Mount(f"/{number}", value, "secret") for number, value in enumerate(values))
    assert render(chain(BASE, *steps, ops.Exec(("true",)))).secrets == {"a-b": values[0], "a-b-2": values[1]}


def test_a_secret_without_a_plain_letter_has_a_name():
    assert Names().secret("", "x") == "secret"
    assert Names().secret("§", "x") == "-"
