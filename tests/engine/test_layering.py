"""An image laid over a base is the same whether the layers of another are passed on or made anew, in an archive and in a registry."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest
from dagger import dag

from pipeline import engine
from pipeline.archive import opened


@pytest.fixture
def registry(tools, tmp_path):
    with tools.registry(tmp_path) as made:
        yield made


def files(**contents):
    tree = dag.directory()
    for name, text in contents.items():
        tree = tree.with_new_file(f"etc/{name}", text)
    return tree.with_timestamps(0)


@asynccontextmanager
async def over_base(registry, change=lambda image: image):
    """Yield an image in the registry, and what it is with files of its own over a base that is an archive."""
    async with engine.session(engine.Choice.BUILDKIT, print):
        base = dag.container().with_directory("/", files(of="base", a="base", b="base")).with_env_variable("PATH", "/bin")
        image = dag.container().with_directory("/", files(a="image", c="image")).with_directory("/", files(d="image"))
        address = await change(image).with_label("of", "the image's own").publish(f"{registry.address}/image:1")
        found = dag.container().from_(address)
        whole = dag.container().import_(base.as_tarball()).with_directory("/", found.rootfs())
        yield found, whole.with_directory("/", files(e="own")).with_user("1000").with_entrypoint(["/app"])


async def exported(container, target):
    """Return the layers and the configuration of a container as an image."""
    await container.export(str(target))
    with opened(target) as image:
        ((_, manifest),) = image.manifests()
        return [layer["digest"] for layer in manifest["layers"]], image.document(manifest["config"]["digest"])["config"]


async def pushed(container, registry, tools):
    """Return the layers and the configuration of a container as an image in the registry."""
    address = f"{registry.address}/whole:1"
    await container.publish(address)
    layers, told = (tools.skopeo("inspect", *more, "--tls-verify=false", f"docker://{address}") for more in ((), ("--config",)))
    return json.loads(layers)["Layers"], {name: value for name, value in json.loads(told)["config"].items() if value}


async def contents(archive):
    """Return the files of /etc in an image's archive."""
    folder = dag.container().import_(dag.host().file(str(archive))).directory("/etc")
    return {name: await folder.file(name).contents() for name in await folder.entries()}


CONFIG = {"Env": ["PATH=/bin"], "User": "1000", "Entrypoint": ["/app"]}


async def test_an_images_layers_are_passed_on(ours, registry, tools, tmp_path):
    async with over_base(registry) as (image, whole):
        passed, _ = await exported(image, tmp_path / "image.tar")
        layers, config = await exported(whole, tmp_path / "whole.tar")
        assert (len(passed), layers[1:-1], config) == (2, passed, CONFIG)
        found = await contents(tmp_path / "whole.tar")
        assert found == {"of": "base", "a": "image", "b": "base", "c": "image", "d": "image", "e": "own"}
        assert await pushed(whole, registry, tools) == (layers, CONFIG)


async def test_what_an_image_has_taken_away_is_not_taken_from_the_base(ours, registry, tools, tmp_path):
    async with over_base(registry, lambda image: image.without_file("/etc/a").without_directory("/etc/of")) as (_, whole):
        layers, config = await exported(whole, tmp_path / "whole.tar")
        assert config == CONFIG
        found = await contents(tmp_path / "whole.tar")
        assert found == {"of": "base", "a": "base", "b": "base", "c": "image", "d": "image", "e": "own"}
        assert await pushed(whole, registry, tools) == (layers, CONFIG)


async def test_an_image_over_nothing_has_no_setting_of_it(ours, registry, tools, tmp_path):
    async with over_base(registry) as (image, _):
        passed, _ = await exported(image, tmp_path / "image.tar")
        whole = dag.container().with_directory("/", image.rootfs()).with_label("of", "its own")
        expected = (passed, {"Labels": {"of": "its own"}})
        assert await exported(whole, tmp_path / "whole.tar") == expected
        assert await pushed(whole, registry, tools) == expected
