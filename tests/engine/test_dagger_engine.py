"""A Dagger Engine and the embedded one make the same images, byte for byte. `make test-dagger` runs this."""

from __future__ import annotations

import pytest
from conformance import sample
from dagger import dag

from pipeline.engine import Choice, session
from pipeline.output import Archives, Measures

pytestmark = pytest.mark.dagger

SERVICES = ["api-gateway", "auth-service"]
SECONDS = 1800  # two engines that start from nothing share this machine, and each has Go's standard library to compile


@pytest.fixture(scope="module")
def engines(make_workspace):
    """The services, built by the Dagger Engine that the client finds and by the embedded one."""
    made = {name: make_workspace() for name in ("dagger", "buildkit")}
    started = {name: workspace.start("build", "--engine", name, "--timeout", str(SECONDS)) for name, workspace in made.items()}
    runs = {name: made[name].finish(process, SECONDS + 300) for name, process in started.items()}
    for name, run in runs.items():
        assert run.code == 0, run.out + run.err
        assert run.report["engine"]["name"] == name
    return {name: (made[name], runs[name]) for name in made}


def images(engines, service):
    return [engines[name][0].image(service) for name in ("dagger", "buildkit")]


def tree(image):
    return {
        path: (item.type, oct(item.mode), item.uid, item.gid, item.mtime, item.linkname, image.contents[path])
        for path, item in image.entries.items()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_files_are_the_same_with_their_modes_owners_and_times(engines, service):
    theirs, ours = map(tree, images(engines, service))
    assert {path: (ours.get(path), theirs.get(path)) for path in ours | theirs if ours.get(path) != theirs.get(path)} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_configurations_are_the_same(engines, service):
    theirs, ours = images(engines, service)
    assert ours.config == theirs.config


@pytest.mark.parametrize("service", SERVICES)
def test_archives_are_the_same_byte_for_byte(engines, service):
    archives = [engines[name][0].root / "dist" / "images" / f"{service}.tar" for name in ("dagger", "buildkit")]
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_digests_are_the_same(engines):
    assert engines["dagger"][1].digests() == engines["buildkit"][1].digests()


async def test_images_are_measured_where_they_are(tmp_path):
    bare, _ = sample.write_images(tmp_path)
    async with session(Choice.DAGGER, print):
        base = dag.container().import_(dag.host().file(str(bare)))
        images = [base.with_new_file("/made", "made" * 100_000)]
        archive = await Archives(tmp_path / "dist", tmp_path / "layers").take("service", images)
        measures = await Measures(base).take("service", images)
    assert (measures.compressed, measures.uncompressed) == (archive.compressed, archive.uncompressed)
    assert measures.digest.startswith("sha256:")
