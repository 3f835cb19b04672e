"""`dagger call doctor`: the same findings, of the folder that an engine hands over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from dagger.mod._exceptions import FunctionError

from pipeline import Pipeline

BAD = "FROM golang:1.26-alpine\nCOPY a /a\nRUN GOARCH=$TARGETARCH go build\n"


class Source:
    """A folder as a Dagger Engine hands it over: it can be laid on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def export(self, path: str) -> str:
        shutil.copytree(self.folder, path)
        return path


@pytest.fixture
def module(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "Dockerfile").write_text(BAD)
    return Pipeline(source=Source(tmp_path))


async def test_findings_for_programs(module):
    found = json.loads(await module.doctor(format="json"))
    assert found["dockerfiles"] == ["Dockerfile"]
    assert ("P3-undeclared-argument", "Dockerfile", 3) in {
        (item["id"], item["file"], item["line"]) for item in found["findings"]
    }


async def test_an_error_fails_the_call_with_the_findings(module):
    with pytest.raises(FunctionError, match=r"(?s)Dockerfile:3: error: .*1 Dockerfile"):
        await module.doctor()
    (module.source.folder / "Dockerfile").unlink()
    assert await module.doctor() == "nothing to examine: nothing found\n"


async def test_a_configuration_that_is_not_there(module):
    module.config = "ci/pipeline.toml"
    for call in (module.doctor, module.plan, module.build):
        with pytest.raises(
            FunctionError, match=r"^--config ci/pipeline\.toml: the repository has no such file; name it by its"
        ):
            await call()
