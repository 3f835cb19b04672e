"""Images that stay in the engine have the measures that their archives have."""

from __future__ import annotations

import sys
from pathlib import Path

import dagger
import pytest
from conformance import sample
from dagger import dag

from pipeline.output import Archives, Measures

DAGLET = Path(sys.executable).with_name("daglet")


def image(base, platform):
    """Two layers that compress well, on top of a base's."""
    made = dag.container(platform=dagger.Platform(platform)).with_directory("/", base.rootfs())
    for name in "ab":
        made = made.with_new_file(f"/{name}", name * 100_000)
    return made.with_env_variable("PLATFORM", platform)


@pytest.mark.parametrize("platforms", [("linux/amd64",), ("linux/amd64", "linux/arm64")])
async def test_they_are_measured_without_an_archive(tmp_path, monkeypatch, platforms):
    monkeypatch.setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", str(DAGLET))
    monkeypatch.setenv("DAGLET_STATE", str(tmp_path / "state"))
    bare, _ = sample.write_images(tmp_path)
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        base = dag.container().import_(dag.host().file(str(bare)))
        images = [image(base, platform) for platform in platforms]
        archive = await Archives(tmp_path / "dist", tmp_path / "layers").take("service", images)
        measures = await Measures(base).take("service", images)
    assert archive.archive == "images/service.tar"
    assert (tmp_path / "dist" / archive.archive).stat().st_size > archive.compressed
    assert archive.uncompressed > archive.compressed + 100_000
    assert measures == type(archive)(archive.digest, archive.compressed, archive.uncompressed)
