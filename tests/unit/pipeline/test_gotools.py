"""Programs out of Go modules: found where they are, and told why where they cannot be had."""

from __future__ import annotations

import pytest

from pipeline.gotools import Tool, ToolError, place, program
from pipeline.scan.tools import _TOOLS

TOOL = Tool("registry", "github.com/regclient/regclient/cmd/regctl", "half a minute")


def executable(path, script="#!/bin/sh\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


async def test_one_that_was_built_before_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    built = executable(place(TOOL, tmp_path))
    assert await program(TOOL, tmp_path, print) == built


async def test_without_go_the_systems_own_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(
        ToolError, match=r"^regctl is built with Go, and neither is installed; install Go 1.26 or newer, or regctl$"
    ):
        await program(TOOL, tmp_path, print)
    own = executable(tmp_path / "bin" / "regctl")
    assert await program(TOOL, tmp_path, print) == own


async def test_what_go_says_against_it_is_told(tmp_path, monkeypatch):
    executable(tmp_path / "bin" / "go", "#!/bin/sh\necho 'no such host' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    said = []
    with pytest.raises(ToolError, match=r"^regctl cannot be built: no such host; check that Go is 1.26"):
        await program(TOOL, tmp_path, said.append)
    assert said == ["building regctl (once, half a minute)"]
    assert not place(TOOL, tmp_path).exists()


@pytest.mark.parametrize("tool", [TOOL, *_TOOLS.values()], ids=lambda tool: tool.name)
def test_each_is_pinned(tool):
    assert f"{tool.package}\n" in (tool.sources / "go.mod").read_text()
