"""Commands: what they meet, and what of it stands in the text."""

from __future__ import annotations

import pytest
from graphs import BASE, SOURCE, chain, edited

from daglet import instructions as ins
from daglet import operations as ops
from daglet.dockerfile import Options, dump, render
from daglet.errors import Unsupported


def test_commands_run_without_a_variable_that_was_taken_away():
    taken = chain(BASE, ops.Setting("ENV", "A", "1"), ops.Setting("ENV", "A", None))
    assert '["/.shim/busybox", "env", "-u", "A", "/bin/true"]' in render(chain(taken, ops.Exec(("/bin/true",)))).dockerfile
    again = chain(taken, ops.Setting("ENV", "A", "2"), ops.Exec(("true",)))
    assert 'RUN ["true"]' in render(again).dockerfile


@pytest.mark.parametrize("expect", ["ANY", "FAILURE"])
def test_what_a_command_that_may_fail_says_is_kept_unless_it_would_ship(expect):
    command = ops.Exec(("a",), expect=expect)
    assert ops.CAPTURE_DIR not in render(chain(BASE, command), Options(ships=True)).dockerfile
    # For all else it runs once: the instruction is the same whether what it says is asked for or its files.
    (asked,) = [line for line in render(chain(BASE, command.with_(capture=True))).dockerfile.splitlines() if '"a"' in line]
    assert asked in render(chain(BASE, command)).dockerfile


def test_a_secrets_value_is_not_in_the_text():
    plan = render(chain(BASE, ops.Setting("VOLATILE", "RUN", "c4n4ry"), ops.Exec(("true",))))
    assert "c4n4ry" not in plan.dockerfile
    assert plan.secrets == {"RUN": "c4n4ry"}


def test_a_named_owner_of_a_mount_is_refused():
    with pytest.raises(Unsupported, match="needs a Dagger Engine"):
        render(chain(BASE, ops.Mount("/c", ops.CacheVolume("k", "node"), "cache"), ops.Exec(("true",))))


def test_volumes_that_differ_in_their_key_make_different_commands():
    texts = {
        render(chain(BASE, ops.Mount("/c", ops.CacheVolume(key), "cache"), ops.Exec(("true",)))).dockerfile.replace(
            f"type=cache,id={key}", ""
        )
        for key in ("one", "two")
    }
    assert len(texts) == 2


TIMED = edited(ops.CopyFile("/a", ops.NewFile("a", "a\n")), ops.SetTimestamps(7))


TOOL = chain(ops.FromAddress("tool:1", "linux/arm64"), ops.Exec(("make",)))


def test_all_that_a_command_may_meet(golden):
    met = chain(
        BASE,
        ops.Setting("USER", value="node"),
        ops.Mount("/cache", ops.CacheVolume("odd key!", "5:6"), "cache", sharing="LOCKED", owner="7"),
        ops.Mount("/tree", ops.ContainerDirectory(TOOL, "/out"), "bind"),
        ops.Mount("/fixed", TIMED, "bind", read_only=True),
        ops.Mount("/file", ops.FileIn("b", SOURCE, "/b"), "bind"),
        ops.Mount("/made", ops.FileIn("a", TIMED, "a"), "bind"),
        ops.Mount("/token", ops.Secret("the token", "env://T"), "secret", owner="1:2", mode=0o440),
        ops.Mount("/small", kind="tmpfs", size=1024),
        ops.Mount("/plain", kind="tmpfs"),
        ops.Mount("/key", ops.Secret("key"), "secret"),
        ops.Setting("SECRET", "PASSWORD", secret=ops.Secret("password")),
        ops.Setting("VOLATILE", "RUN", "1"),
        ops.Setting("ENV", "GONE", "x"),
        ops.Setting("ENV", "GONE", None),
        ops.Exec(("plain", "a b", "$c")),
        ops.Setting("VOLATILE", "RUN", "2"),
        ops.Mount("/small"),
        ops.Setting("SECRET", "PASSWORD"),
        ops.Exec(("kept",), capture=True),
        ops.Exec(("may", "fail"), expect="ANY", redirect_stdout="/o'ut", redirect_stdin="/in"),
        ops.Exec(("must", "fail"), expect="FAILURE", redirect_stderr="/err"),
        ops.Exec(("quiet",), redirect_stdout="/out", redirect_stderr="/err"),
        ops.Setting("VOLATILE", "RUN", None),
        ops.Exec(("last",)),
    )
    plan = render(met, Options(step_mounts=("type=secret,id=host,env=HOST",)))
    golden("daglet/commands.Dockerfile", dump(plan))
    assert plan.steps["make"] == ops.Exec(("make",))
    assert ops.Exec(("plain", "a b", "$c")) in plan.steps.values()
    assert plan.secrets == {
        "the-token": ops.Secret("the token", "env://T"),
        "key": ops.Secret("key"),
        "password": ops.Secret("password"),
        "RUN": "1",
        "RUN-2": "2",
    }


def test_a_key_with_a_comma_is_no_option():
    assert len(ins.cache_id("a,b")) == 64
    assert ins.cache_id("a.b") == "a.b"
