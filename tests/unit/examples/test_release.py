"""The release tags nothing before everything else went well: run on stand-ins of the pipeline and its images."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SERVICES = ["api", "auth"]


@pytest.fixture
def release(monkeypatch):
    """The module, as a Dagger Engine would load it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "examples" / "release" / "src"))
    import release.module

    yield release.module
    for name in [name for name in sys.modules if name.partition(".")[0] == "release"]:
        del sys.modules[name]


@dataclass
class Pipeline:
    """Notes what it is asked for. `failing` is what fails; images hold `paths`, and `digests` are those of each publishing."""

    failing: str = ""
    paths: tuple[str, ...] = ("usr/bin/node", "app/dist/index.js")
    digests: tuple[str, ...] = ("sha256:1",)
    asked: list[str] = field(default_factory=list)

    def pipeline(self, **_):
        return self

    async def tests(self, services):
        assert services == SERVICES
        self._note("tests")

    async def smoke(self, services):
        assert services == SERVICES
        self._note("smoke")

    def image(self, service):
        return Image(self, service)

    def _note(self, what):
        self.asked.append(what)
        if what == self.failing:
            raise RuntimeError(what)


@dataclass
class Image:
    pipeline: Pipeline
    service: str

    def rootfs(self):
        return self

    async def glob(self, pattern):
        return [path for path in self.pipeline.paths if Path(path).match(pattern)]

    async def publish(self, address):
        self.pipeline._note(f"publish {address}")
        return f"{address}@{self.pipeline.digests[address.endswith('-candidate') - 1]}"


async def released(release, monkeypatch, pipeline):
    monkeypatch.setattr(release, "dag", pipeline)
    return await release.Release(source=None, bases=None).release("r", "1", SERVICES)


async def test_it_checks_publishes_and_tags_in_this_order(release, monkeypatch):
    pipeline = Pipeline()
    assert await released(release, monkeypatch, pipeline) == "r/api:1@sha256:1\nr/auth:1@sha256:1\n"
    assert pipeline.asked == [
        "tests",
        "smoke",
        *(f"publish r/{name}:1-candidate" for name in SERVICES),
        *(f"publish r/{name}:1" for name in SERVICES),
    ]


@pytest.mark.parametrize("check", ["tests", "smoke"])
async def test_a_failing_check_leaves_nothing_in_the_registry(release, monkeypatch, check):
    pipeline = Pipeline(failing=check)
    with pytest.raises(RuntimeError):
        await released(release, monkeypatch, pipeline)
    assert not [item for item in pipeline.asked if item.startswith("publish")]


async def test_an_image_that_holds_a_secret_is_not_published(release, monkeypatch):
    pipeline = Pipeline(paths=("app/.env",))
    with pytest.raises(release.Refused, match=r"api holds what may not ship: app/\.env is a secret"):
        await released(release, monkeypatch, pipeline)
    assert pipeline.asked == ["tests", "smoke"]


async def test_one_that_cannot_be_published_leaves_none_tagged(release, monkeypatch):
    pipeline = Pipeline(failing="publish r/auth:1-candidate")
    with pytest.raises(RuntimeError):
        await released(release, monkeypatch, pipeline)
    assert not {"publish r/api:1", "publish r/auth:1"} & set(pipeline.asked)


async def test_what_is_tagged_is_what_was_published(release, monkeypatch):
    with pytest.raises(release.Refused, match="is not the image that was published as r/api:1-candidate"):
        await released(release, monkeypatch, Pipeline(digests=("sha256:1", "sha256:2")))


@pytest.mark.parametrize(
    ("path", "may_ship"),
    [
        ("app/.env", False),
        ("app/.env.production", False),
        ("app/.env.example", True),
        ("home/node/.npmrc", False),
        ("bin/sh", False),
        ("usr/bin/bash", False),
        ("usr/local/bin/npm", False),
        ("usr/local/go/bin/go", False),
        ("src/.git/config", False),
        ("usr/local/bin/node", True),
        ("app/node_modules/sh/index.js", True),
        ("bin/app", True),
    ],
)
def test_what_may_ship(release, path, may_ship):
    from release.contents import refused

    assert (refused([path]) == []) is may_ship
