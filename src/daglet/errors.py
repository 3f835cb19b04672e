"""What can go wrong in a session, told apart by who has to act.

DagletError
├── Unsupported      the operation needs a Dagger Engine
├── InvalidOperation the caller's arguments cannot be carried out
└── BuildFailed      BuildKit refused or could not finish a solve
    ├── ExecFailed   a command of the caller's ended with an exit code
    └── EngineLost   the engine went away, or does not answer
"""

from __future__ import annotations


class DagletError(Exception):
    """Base of every error that a session answers with."""


class Unsupported(DagletError):
    """The operation is part of the Dagger API but not of what BuildKit is asked to do here."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not served by the embedded session: it needs a Dagger Engine")


class InvalidOperation(DagletError):
    """An argument names something that does not exist or cannot be expressed."""


class BuildFailed(DagletError):
    """BuildKit could not finish a solve, for a reason that is not a command's exit code."""


class ExecFailed(BuildFailed):
    """A command ended with an exit code that was not expected.

    Parameters
    ----------
    command:
        The arguments of the command, as the caller gave them.
    exit_code:
        What the command returned, 1 to 255.
    stdout, stderr:
        What the command wrote, as far as the engine kept it.
    """

    def __init__(self, command: tuple[str, ...], exit_code: int, stdout: str, stderr: str) -> None:
        super().__init__(f"process {' '.join(command)!r} did not complete successfully: exit code: {exit_code}")
        self.command = command
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class EngineLost(BuildFailed):
    """The BuildKit at an address went away, or does not answer; `reason` is what the client said of it."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"the BuildKit at {address} is lost: {reason}")
        self.address = address
        self.reason = reason
