"""BuildKits that others run, and what a session with them leaves on this machine: buildctl is a stand-in here."""

from __future__ import annotations

import json

import pytest

from daglet import embedded
from daglet.host import own_platform


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """Install a buildctl that answers of every address but one of a host that is down."""
    system, architecture = own_platform().split("/")
    workers = json.dumps([{"platforms": [{"os": system, "architecture": architecture}]}])
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buildctl").write_text(f"#!/bin/sh\ncase \"$*\" in *down*) exit 1;; *) echo '{workers}';; esac\n")
    (tmp_path / "bin" / "buildctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "cache" / "shim").mkdir(parents=True)
    (tmp_path / "cache" / "shim" / "busybox").touch()
    return embedded.Layout(tmp_path / "own" / "state", tmp_path / "cache")


async def test_copies_of_sources_are_not_everybodys_to_read(layout):
    engines = await embedded.reach(layout, ["unix:///up", "unix:///down"], embedded.Credentials(), lambda _: None)
    assert [engine.address for engine in engines] == ["unix:///up"]
    assert layout.state.stat().st_mode & 0o777 == 0o700


async def test_where_no_state_can_be_kept_one_sentence_says_so(layout):
    layout.state.parent.write_text("a file")
    with pytest.raises(embedded.EngineError, match=r"the engine's state cannot be kept in .*; set DAGLET_STATE"):
        await embedded.reach(layout, ["unix:///up"], embedded.Credentials(), lambda _: None)
