"""Values of secrets: read as they are, and hidden where a command prints them."""

from __future__ import annotations

from daglet import operations as ops
from daglet.plaintexts import Plaintexts


def test_a_secrets_file_is_taken_as_it_is(tmp_path):
    (tmp_path / "token").write_bytes(b"one\r\ntwo\r\n")
    secret = ops.Secret("token", f"file://{tmp_path / 'token'}")
    assert Plaintexts().of(secret) == "one\r\ntwo\r\n"


def test_what_commands_were_given_is_hidden_the_longest_first():
    values = Plaintexts()
    for name, value in {"short": "abc", "long": "abcdef\n", "empty": "", "kept": "xyz"}.items():
        values.keep(name, value)
    assert [values.told(ops.Secret(name)) for name in ("short", "long", "empty")] == ["abc", "abcdef\n", ""]
    assert values.hide("abcdef abc xyz") == "*** *** xyz"
