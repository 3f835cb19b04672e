"""What a command runs is the image's own program, however its streams, its exit code and its variables are seen to."""

from __future__ import annotations

import os
import tarfile
from contextlib import asynccontextmanager

import pytest
from dagger import ExecError, ReturnType, dag

from daglet.embedded import Layout
from pipeline import engine

OWN = "#!/bin/sh\necho of the image $1\nexit 3\n"
"""A program with the name of one of busybox's, which has this one's interpreter."""


@asynccontextmanager
async def image():
    async with engine.session(engine.Choice.BUILDKIT, print):
        busybox = dag.host().file(str(Layout.from_environment(os.environ).cache / "shim" / "busybox"))
        made = dag.container().with_file("/bin/sh", busybox, permissions=0o755)
        yield made.with_new_file("/bin/ls", OWN, permissions=0o755).with_env_variable("PATH", "/bin")


@pytest.mark.anyio
async def test_its_output_and_its_exit_code_are_those_of_the_images_program():
    async with image() as base:
        ran = base.with_exec(["ls", "a"], expect=ReturnType.ANY)
        assert (await ran.stdout(), await ran.exit_code()) == ("of the image a\n", 3)
        to_file = base.with_exec(["ls", "b"], expect=ReturnType.FAILURE, redirect_stdout="/out")
        assert await to_file.file("/out").contents() == "of the image b\n"


@pytest.mark.anyio
async def test_it_is_so_where_a_variable_was_taken_away():
    async with image() as base:
        taken = base.with_env_variable("my.own", "x y").with_env_variable("A", "1").without_env_variable("A")
        assert await taken.with_exec(["ls", "c"], expect=ReturnType.ANY).stdout() == "of the image c\n"
        seen = await taken.with_exec(["/bin/sh", "-c", "cat /proc/$$/environ | tr '\\0' '\\n'"]).stdout()
        assert "my.own=x y" in seen.splitlines()
        assert not {"A", "PWD", "SHLVL"} & {line.partition("=")[0] for line in seen.splitlines()}


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["exit", "wc"])
async def test_a_shells_word_and_a_program_of_busyboxs_are_not_there(name):
    async with image() as base:
        ran = base.with_exec([name, "3"], expect=ReturnType.ANY)
        assert await ran.exit_code() == 127
        assert await ran.stderr() == f'exec: "{name}": executable file not found in $PATH\n'


@pytest.mark.anyio
@pytest.mark.parametrize("expect", [ReturnType.ANY, ReturnType.FAILURE])
async def test_exit_codes_of_signals_fail_whatever_is_expected(expect):
    async with image() as base:
        codes = {}
        for code in (127, 128, 191, 192):
            ran = base.with_exec(["sh", "-c", f"exit {code}"], expect=expect)
            try:
                await ran.sync()
                codes[code] = await ran.exit_code()
            except ExecError as error:
                codes[code] = f"failed with {error.exit_code}"
        assert codes == {127: 127, 128: "failed with 128", 191: "failed with 191", 192: 192}


@pytest.mark.anyio
async def test_an_exit_code_is_a_number_whatever_the_secrets_are():
    async with image() as base:
        told = base.with_secret_variable("PIN", dag.set_secret("pin", "3"))
        assert await told.with_exec(["ls"], expect=ReturnType.ANY).exit_code() == 3


@pytest.mark.anyio
async def test_a_command_that_may_fail_runs_once_for_all_that_is_asked_of_it():
    async with image() as base:
        ran = base.with_exec(["sh", "-c", "read -r now _ </proc/uptime; echo $now | tee /now; exit 1"], expect=ReturnType.ANY)
        await ran.sync()
        assert (await ran.exit_code(), await ran.stdout()) == (1, await ran.file("/now").contents())
        assert ".daglet/" not in await ran.rootfs().entries()


@pytest.mark.anyio
async def test_what_a_command_that_may_fail_says_is_in_no_layer(tmp_path):
    async with image() as base:
        await base.with_exec(["ls", "d"], expect=ReturnType.ANY).with_new_file("/x", "x\n").export(str(tmp_path / "image.tar"))
    assert not [name for name in layer_names(tmp_path / "image.tar") if ".daglet" in name]


def layer_names(archive):
    """Return the names of all files in all layers."""
    names = []
    with tarfile.open(archive) as image:
        for blob in image:
            try:
                with tarfile.open(fileobj=image.extractfile(blob)) as layer:
                    names += layer.getnames()
            except (tarfile.ReadError, TypeError):
                continue
    assert "x" in names
    return names
