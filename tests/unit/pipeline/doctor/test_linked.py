"""What a Go program is linked from."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from pipeline.config import Service
from pipeline.detect import detect
from pipeline.doctor import linked
from pipeline.doctor.linked import Package, chains


@pytest.fixture
def service(tmp_path):
    files = {
        "go.mod": "module example.com/a\n\ngo 1.25\n",
        "main.go": 'package main\n\nimport "example.com/a/b"\n\nfunc main() { b.B() }\n',
        "b/b.go": 'package b\n\nimport "strings"\n\nfunc B() { strings.ToUpper("b") }\n',
    }
    for name, content in files.items():
        path = tmp_path / "svc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def detected(root):
    return detect(root, "svc", Service(path="svc"))


async def test_packages_of_ones_own_in_the_order_of_their_need(service):
    found = await linked.packages(service, detected(service))
    assert [(item.name, item.needs_c) for item in found] == [("example.com/a/b", False), ("example.com/a", False)]


async def test_modules_that_are_not_there_are_told(service):
    (service / "svc/go.mod").write_text("module example.com/a\n\ngo 1.25\n\nrequire example.invalid/x v1.0.0\n")
    (service / "svc/go.sum").write_text("example.invalid/x v1.0.0 h1:x=\nexample.invalid/x v1.0.0/go.mod h1:x=\n")
    (service / "svc/main.go").write_text('package main\n\nimport _ "example.invalid/x"\n\nfunc main() {}\n')
    with pytest.raises(linked.Unlisted, match="not on this machine, and `go mod download` in svc brings them"):
        await linked.packages(service, detected(service))


async def test_what_go_says_when_it_lists_nothing(service):
    (service / "svc/go.mod").write_text("module example.com/a\n\ngo 1.25\n\nnonsense here\n")
    with pytest.raises(linked.Unlisted, match="`go list` says: go: errors parsing"):
        await linked.packages(service, detected(service))


async def test_a_machine_without_go_tells_nothing(service, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert await linked.packages(service, detected(service)) == ()


def test_an_interrupt_ends_a_go_command_that_hangs(service, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text("#!/bin/sh\necho $$ > ${0%/*}/pid\nexec sleep 300\n")
    (tmp_path / "bin/go").chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    process = subprocess.Popen([sys.executable, "-m", "pipeline", "doctor"], cwd=service, env=environ)
    deadline = time.monotonic() + 60
    while not (tmp_path / "bin/pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(20) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "bin/pid").read_text()), 0)


def test_the_shortest_chain_to_what_needs_c():
    found = [
        Package("sqlite/parts", (), needs_c=True),
        Package("sqlite", ("sqlite/parts",), needs_c=True),
        Package("orm", ("sqlite", "fmt"), needs_c=False),
        Package("store", ("orm",), needs_c=False),
        Package("main", ("store", "orm"), needs_c=False),
    ]
    assert list(chains(found)) == [("main", "orm", "sqlite")]
    assert list(chains([])) == []
