"""Starts a program for which the kernel waits for no disk: what asks it to is told at once that all is well.

A program of its own, on the standard library alone. Where the kernel or this kind of machine has no such filter, the program is
started without one. Source: seccomp(2); `systemd-nspawn --suppress-sync` does the same.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
"""Where the kernel tells a filter the number of the call, and whose numbers these are."""

_ALLOW, _DONE = 0x7FFF_0000, 0x0005_0000
"""Make the call; make none, and return 0."""

_CALLS = {
    "x86_64": (0xC000_003E, (74, 75, 162, 277, 306)),
    "aarch64": (0xC000_00B7, (82, 83, 81, 84, 267)),
}
"""By machine: its architecture, and the numbers of fsync, fdatasync, sync, sync_file_range and syncfs."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def suppress(machine: str) -> bool:
    """Have this process, and all that it starts from now on, wait for no disk; return whether that can be had."""
    if machine not in _CALLS:
        return False
    code = _filter(*_CALLS[machine])
    program = _Program(len(code) // 8, code)
    done: int = ctypes.CDLL(None).prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0)
    return done == 0


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Return a filter of `struct sock_filter`s: what to do, how many to leave out if it holds and if not, and an operand."""
    last = len(calls)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 0, last + 1, architecture),
        (_LOAD, 0, 0, _NUMBER),
        *((_JUMP_IF_EQUAL, last - place, 0, call) for place, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DONE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def main() -> None:
    """Become the program that the arguments say."""
    suppress(os.uname().machine)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - what we were told to


if __name__ == "__main__":
    main()
