"""What breaks in the middle: full disks, spoilt states and stores, signals. Nothing is lost, and the next build succeeds."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import clocks
import pytest
import registries
import small

INTERRUPTS = [pytest.param(4), pytest.param(25, marks=pytest.mark.slow)]
"""How often each signal is sent."""

_STARTED_SECONDS = 1.5
"""When Python has started, with much else going on."""


@pytest.fixture(scope="module")
def offered():
    with registries.packages("go") as made:
        made.offer("@stub/plain", {"index.js": "module.exports = 'plain'\n"})
        yield made


@pytest.fixture(scope="module")
def tiny(make_workspace, offered, tmp_path_factory):
    """The tiny web service, built once, on an engine that may be spoilt."""
    root = tmp_path_factory.mktemp("tiny")
    small.write(root, offered)
    settings = {"npm_config_registry": f"{offered.address}/", "GOPROXY": f"{offered.address}/go", "GONOSUMDB": "*"}
    made = replace(make_workspace(), root=root, settings=settings)
    built(made)
    return made


def built(workspace, *arguments):
    run = workspace.pipeline("build", "web", *arguments)
    assert run.code == 0, run.out + run.err
    return run


def edit(workspace):
    path = workspace.root / "web/server.js"
    path.write_text(f"{path.read_text()}// {random.random()}\n")


@contextmanager
def small_disk(folder, megabytes):
    """Have a file system of a size at a folder; yield what changes the size."""

    def sized(megabytes):
        subprocess.run(["mount", "-o", f"remount,size={megabytes}m", folder], check=True)

    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tests", folder], check=True)
    try:
        yield sized
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path):
    """Take all room that there is."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))


def sentence(run):
    """What is told at the end, which is no traceback."""
    assert run.code == 1, run.out + run.err
    assert "Traceback" not in run.out + run.err
    return (run.out + run.err).lower()


def test_a_full_disk_keeps_the_image_of_before(tiny, tmp_path):
    output = tmp_path / "out"
    image = output / "images/web.tar"
    with small_disk(output, 200):
        built(tiny, "--output", str(output))
        before = image.read_bytes()
        fill(output / "filler")
        edit(tiny)
        run = tiny.pipeline("build", "web", "--output", str(output))
        assert "no space left" in sentence(run)
        assert image.read_bytes() == before
        assert [path.name for path in image.parent.iterdir()] == ["web.tar"]
        (output / "filler").unlink()
        built(tiny, "--output", str(output))
        assert image.read_bytes() != before


def test_an_engine_whose_disk_is_full_goes_on_when_there_is_room(tiny, make_workspace):
    other = replace(tiny, state=make_workspace().state)
    with small_disk(other.state, 40) as sized:
        assert "no space left" in sentence(other.pipeline("build", "web"))
        sized(2000)
        built(other)
        assert other.engine_is_gone(20)


def test_an_engine_whose_records_are_spoilt_says_the_way_out(tiny):
    assert tiny.engine_is_gone(20)
    records = [path for path in (tiny.state / "daglet/engine").rglob("*.db") if path.is_file()]
    assert records
    for path in records:
        path.write_bytes(b"spoilt" * 1000)
    run = tiny.pipeline("build", "web")
    if run.code != 0:
        assert "pipeline engine prune" in sentence(run)
        assert tiny.pipeline("engine", "prune").code == 0
    built(tiny)


def test_a_store_of_packages_that_is_spoilt_is_done_without(tiny, offered):
    """The lockfile's hashes tell; what is wrong is fetched anew."""
    built(tiny)
    assert tiny.engine_is_gone(20)
    spoilt = [path for path in (tiny.state / "daglet/engine").rglob("_cacache/content-v2/**/*") if path.is_file()]
    assert spoilt
    for path in spoilt:
        path.write_bytes(b"spoilt")
    asked = len(offered.asked)
    lock = tiny.root / "web/package-lock.json"
    lock.write_text(lock.read_text().replace('"version": "1.0.0"', '"version": "1.0.1"', 1))
    run = built(tiny)
    assert run.stages("web")["deps"] == "executed"
    assert any(path.endswith("plain-1.0.0.tgz") for path, _ in offered.asked[asked:])
    assert b"plain" in tiny.image("web").contents["app/node_modules/@stub/plain/index.js"]


def test_a_clock_that_is_set_back_changes_nothing(tiny):
    """Ours alone: BuildKit brings its C library along and goes on with the real time, so the two disagree by a day, too."""
    before = built(tiny)
    yesterday = replace(tiny, settings={**tiny.settings, **clocks.shifted("-1d")})
    run = built(yesterday)
    assert run.report["started"] < before.report["started"]
    assert run.report["cache_hit_rate"] == 1
    assert run.digests() == before.digests()
    edit(yesterday)
    run = built(yesterday)
    assert run.stages("web") == {"deps": "cached", "build": "executed", "prod-deps": "cached", "runtime": "executed"}
    stages = [stage for service in run.report["services"] for stage in service["stages"]]
    times = [value for item in (run.report, *stages) for name, value in item.items() if name.endswith("_seconds")]
    assert min(times) >= 0
    assert max(times) < 600
    for arguments in (("history",), ("html", "dist/page.html"), ("metrics",)):
        told = yesterday.pipeline("report", *arguments)
        assert told.code == 0, told.err
    again = built(tiny)
    assert again.report["cache_hit_rate"] == 1
    assert again.digests() == run.digests()


@pytest.mark.parametrize("times", INTERRUPTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_at_any_time_leave_nothing_running_and_the_next_build_succeeds(tiny, number, times):
    longest = 4.0
    for _ in range(times):
        edit(tiny)
        process = tiny.start("build", "web")
        pause = random.uniform(0, longest)
        time.sleep(pause)
        process.send_signal(number)
        started = time.monotonic()
        process.communicate(timeout=20)
        assert time.monotonic() - started < 5
        # A signal that comes while Python itself starts finds no one who handles it, and ends it as Python likes.
        assert process.returncode in {0, 130, -number} or pause < _STARTED_SECONDS
    assert tiny.engine_is_gone(20)
    image = tiny.root / "dist/images/web.tar"
    assert [path.name for path in image.parent.iterdir()] == ["web.tar"]
    run = built(tiny)
    assert run.digests()["web"]
