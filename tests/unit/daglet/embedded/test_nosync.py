from __future__ import annotations

import subprocess
import sys

from daglet.embedded import nosync

CALLS = """
import ctypes, os, sys
answers = [ctypes.CDLL(None)[name](999) for name in ("fsync", "fdatasync", "syncfs")]
print(*answers, ctypes.CDLL(None).close(999))
"""


def run(*command):
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True).stdout.split()


def test_what_waits_for_the_disk_is_not_asked_of_the_kernel_and_all_else_is():
    # The kernel would refuse to sync a file that is not open.
    assert run("-c", CALLS) == ["-1", "-1", "-1", "-1"]
    assert run("-I", "-S", nosync.__file__, sys.executable, "-c", CALLS) == ["0", "0", "0", "-1"]


def test_what_the_program_starts_does_not_wait_either():
    started = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CALLS!r}])"
    assert run("-I", "-S", nosync.__file__, sys.executable, "-c", started) == ["0", "0", "0", "-1"]


def test_a_machine_whose_numbers_are_not_known_waits():
    assert not nosync.suppress("pdp11")
