"""Images that stay in the engine have the measures that their archives have."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import dagger
import pytest
from conformance import sample
from dagger import dag

from pipeline.output import Archives, Measures

DAGLET = Path(sys.executable).with_name("daglet")


@dataclass
class Kept:
    """An image whose archive is a file already: daglet, where no module is called, makes none that a command can read."""

    archive: Path

    def as_tarball(self, **_):
        return dag.host().file(str(self.archive))


def image(base, platform):
    """Two layers that compress well, on top of a base's."""
    made = dag.container(platform=dagger.Platform(platform)).with_directory("/", base.rootfs())
    for name in "ab":
        made = made.with_new_file(f"/{name}", name * 100_000)
    return made.with_env_variable("PLATFORM", platform)


@pytest.mark.parametrize("platforms", [("linux/amd64",), ("linux/amd64", "linux/arm64")])
async def test_they_are_measured_by_the_engine(tmp_path, monkeypatch, platforms):
    monkeypatch.setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", str(DAGLET))
    monkeypatch.setenv("DAGLET_STATE", str(tmp_path / "state"))
    bare, _ = sample.write_images(tmp_path)
    async with dagger.connection(dagger.Config(log_output=sys.stderr)):
        base = dag.container().import_(dag.host().file(str(bare)))
        images = [image(base, platform) for platform in platforms]
        archive = await Archives(tmp_path / "dist", tmp_path / "layers").take("service", images)
        measures = await Measures(base).take("service", [Kept(tmp_path / "dist" / archive.archive)])
    assert archive.archive == "images/service.tar"
    assert archive.uncompressed > archive.compressed + 100_000
    assert measures == type(archive)(archive.digest, archive.compressed, archive.uncompressed)
