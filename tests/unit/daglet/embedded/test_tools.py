"""The engine's programs, made by stand-ins of go and apt: once, whole or not at all, and with sentences where it fails."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from daglet.embedded import EngineError, tools

GO = """\
#!/bin/sh
echo "$$ $TEST_MARK" >> "$TEST_LOG"
while [ "$1" != -o ]; do shift; done
mkdir -p "$2"
echo 1 > "$2/buildkitd"
{then}
echo 1 > "$2/buildctl"
"""

PROGRAM = """
import anyio, os, pathlib
from daglet.embedded import tools
found = anyio.run(tools.ensure, pathlib.Path(os.environ["TEST_CACHE"]), lambda step: print(step, flush=True))
assert found.buildkitd.read_text() == found.buildctl.read_text() == "1\\n"
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose PATH has stand-ins alone, besides the system's small tools."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.programs}:/usr/bin:/bin")
    monkeypatch.setenv("TEST_LOG", str(made.log))
    monkeypatch.setenv("TEST_CACHE", str(made.cache))
    monkeypatch.setattr(tools.shutil, "which", made.which)
    return made


class Machine:
    def __init__(self, folder):
        self.programs, self.cache, self.log = folder / "programs", folder / "cache", folder / "log"
        self.programs.mkdir()
        self.log.touch()
        self.put(self.cache / "runc" / "runc")
        self.put(self.cache / "shim" / "busybox")

    def put(self, path, text=""):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def go(self, then="true"):
        self.put(self.programs / "go", GO.format(then=then))

    def which(self, name, **_):
        found = self.programs / name
        return str(found) if found.exists() else None

    def start(self):
        return subprocess.Popen([sys.executable, "-c", PROGRAM], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def builds(self):
        return len(self.log.read_text().splitlines())

    def building(self):
        """Wait until go runs, and return its process id."""
        deadline = time.monotonic() + 20
        while not self.builds() and time.monotonic() < deadline:
            time.sleep(0.02)
        return int(self.log.read_text().split()[0])

    def ensure(self):
        steps = []
        return anyio.run(tools.ensure, self.cache, steps.append)

    def left(self):
        return sorted(path.name for path in self.cache.iterdir() if path.is_dir())


def is_gone(pid, seconds=5.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_two_processes_at_once_build_once(machine):
    go_on = machine.log.with_name("go-on")
    machine.go(f"while [ ! -e {go_on} ]; do sleep 0.05; done")
    first = machine.start()
    machine.building()
    second = machine.start()
    assert second.stdout.readline() == "waiting for another process that prepares the engine\n"
    go_on.touch()
    outputs = [process.communicate(timeout=30) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert machine.builds() == 1


def test_what_a_killed_build_left_is_not_taken_for_complete(machine):
    machine.go("sleep 60")
    process = machine.start()
    go = machine.building()
    process.kill()
    process.communicate()
    assert is_gone(go)
    assert not [name for name in machine.left() if name.startswith("buildkit-")]
    machine.go()
    found = machine.ensure()
    assert found.buildctl.exists()
    assert machine.left() == [found.buildctl.parent.name, "runc", "shim"]


def test_a_cancelled_build_ends_at_once_and_leaves_nothing(machine):
    machine.go("exec sleep 60")

    async def impatient():
        with anyio.move_on_after(1):
            await tools.ensure(machine.cache, lambda _: None)

    started = time.monotonic()
    anyio.run(impatient)
    assert time.monotonic() - started < 4
    assert is_gone(machine.building())
    assert machine.left() == ["runc", "shim"]


def test_a_failed_build_says_why_and_the_way_out(machine):
    machine.go("echo 'module lookup disabled' >&2; exit 3")
    with pytest.raises(EngineError, match=r"go build failed:\nmodule lookup disabled\n; check that Go .* or set BUILDKIT_HOST"):
        machine.ensure()
    assert machine.left() == ["runc", "shim"]


def test_go_that_cannot_be_run_is_told_in_a_sentence(machine):
    machine.put(machine.programs / "go", "#!/nonexistent/sh\n")
    with pytest.raises(EngineError, match="go"):
        machine.ensure()


def test_a_missing_go_is_told_with_the_way_out(machine):
    with pytest.raises(EngineError, match=r"built with Go, which is not installed; install Go 1.26 .* BUILDKIT_HOST"):
        machine.ensure()


def test_a_missing_apt_is_told_with_the_way_out(machine):
    machine.go()
    (machine.cache / "runc" / "runc").unlink()
    with pytest.raises(
        EngineError, match=r"runc is not installed, and there is no apt-get .*; install runc, or set BUILDKIT_HOST"
    ):
        machine.ensure()


def test_a_program_out_of_a_package(machine):
    machine.go()
    (machine.cache / "runc" / "runc").unlink()
    machine.put(
        machine.programs / "apt-get", '#!/bin/sh\necho "$@" >> "$TEST_LOG"\ncase "$*" in *download*) echo > runc.deb;; esac\n'
    )
    machine.put(
        machine.programs / "dpkg-deb",
        '#!/bin/sh\nmkdir -p "$3/usr/sbin"; echo 2 > "$3/usr/sbin/runc"; chmod +x "$3/usr/sbin/runc"\n',
    )
    assert machine.ensure().runc.read_text() == "2\n"
    assert "partial" not in machine.left()


def test_a_package_without_the_program_is_told_in_a_sentence(machine):
    machine.go()
    (machine.cache / "shim" / "busybox").unlink()
    machine.put(machine.programs / "apt-get", "#!/bin/sh\ntouch empty.deb\n")
    machine.put(machine.programs / "dpkg-deb", '#!/bin/sh\nmkdir -p "$3"\n')
    with pytest.raises(EngineError, match="the package busybox-static has no program busybox; install busybox, or"):
        machine.ensure()


def test_apt_that_fails_says_what_it_was_to_do(machine):
    machine.go()
    (machine.cache / "runc" / "runc").unlink()
    machine.put(machine.programs / "apt-get", "#!/bin/sh\necho 'E: no sources' >&2\nexit 100\n")
    machine.put(machine.programs / "dpkg-deb")
    with pytest.raises(EngineError, match=r"apt-get update failed:\nE: no sources\n; check that apt reaches its sources"):
        machine.ensure()


def test_a_cache_that_cannot_be_written_is_told_with_the_way_out(machine, tmp_path):
    machine.go()
    machine.cache = tmp_path / "log" / "cache"
    with pytest.raises(EngineError, match=r"cannot be kept in .*: Not a directory; set DAGLET_CACHE to a folder"):
        machine.ensure()


def test_what_is_there_is_neither_built_nor_locked(machine):
    machine.go()
    machine.ensure()
    (machine.cache / "lock").unlink()
    machine.ensure()
    assert machine.builds() == 1
    assert not (machine.cache / "lock").exists()


def test_talking_to_another_buildkit_takes_its_client_alone(machine):
    machine.put(machine.programs / "buildctl")
    found = anyio.run(tools.client, machine.cache, lambda _: None)
    assert found.buildctl == machine.programs / "buildctl"
    assert machine.builds() == 0


def test_the_version_is_the_pin_s():
    assert tools.version().startswith("v0.")
