"""What is made of a BuildKit's answer, and of none: buildctl is a stand-in here."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest

from daglet.embedded.probe import Answer, NoAnswer, ask, listener, parse

WORKER = {
    "platforms": [{"os": "linux", "architecture": "arm64"}, {"os": "linux", "architecture": "arm", "variant": "v7"}],
    "buildkitVersion": {"version": "v0.12.5"},
}


def buildctl(folder, script):
    path = folder / "buildctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_first_worker_s_first_platform_is_the_engine_s_own():
    assert parse(json.dumps([WORKER, WORKER]).encode()) == Answer("v0.12.5", ("linux/arm64", "linux/arm/v7"))


def test_workers_are_told_apart_by_their_ids():
    assert parse(json.dumps([{**WORKER, "id": "a"}, {**WORKER, "id": "b"}]).encode()).identity == "a b"
    assert parse(json.dumps([WORKER]).encode()).identity == ""


def test_an_old_buildkit_does_not_tell_its_version():
    assert parse(json.dumps([{"platforms": WORKER["platforms"]}]).encode()).version == "of an unknown version"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (b"[]", "it has no worker that could run commands"),
        (b"null", "it has no worker that could run commands"),
        (b"oops", "its list of workers is in a form of its own"),
        (b'[{"id": "a"}]', "its list of workers is in a form of its own"),
        (b"3", "its list of workers is in a form of its own"),
    ],
)
def test_an_answer_that_is_none(told, reason):
    with pytest.raises(NoAnswer, match=reason):
        parse(told)


async def test_it_is_asked_at_its_address(tmp_path):
    program = buildctl(tmp_path, f"test \"$2\" = tcp://a:1 || exit 1; echo '{json.dumps([WORKER])}'")
    assert (await ask(program, "tcp://a:1", {}, 5)).version == "v0.12.5"


async def test_a_refusal_is_told_in_its_own_words(tmp_path):
    with pytest.raises(NoAnswer, match=r"^connection refused$"):
        await ask(buildctl(tmp_path, "echo 'error: connection refused' >&2; exit 1"), "tcp://a:1", {}, 5)


async def test_silence_is_waited_for_in_bounded_time(tmp_path):
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0.5 s"):
        await ask(buildctl(tmp_path, "exec sleep 60"), "tcp://a:1", {"PATH": "/usr/bin:/bin"}, 0.5)
    assert time.monotonic() - started < 5


async def test_a_client_that_cannot_be_run_is_told(tmp_path):
    with pytest.raises(NoAnswer, match="buildctl cannot be run: No such file or directory"):
        await ask(tmp_path / "buildctl", "tcp://a:1", {}, 5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_who_listens_counts_where_it_is_our_own_user(tmp_path):
    for user, found in ((0, os.getpid()), (65534, 0)):
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / str(user)))
            os.seteuid(user)
            listening.listen()
            os.seteuid(0)
            assert listener(tmp_path / str(user)) == found
    assert listener(tmp_path / "nothing") == 0
