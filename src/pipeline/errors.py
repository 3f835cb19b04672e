"""Every error that a user meets, with its exit code.

PipelineError           1  a build or check did not succeed
├── UsageError          2  wrong usage or configuration; raised before anything runs
└── ServiceError        1  one service failed; the others go on
    ├── StageFailed        a command of a stage ended with an exit code
    ├── ConfigInvalid      a service's own configuration file is not valid
    ├── ServiceTimeout     the service took longer than it may
    ├── ServiceCancelled   the run was ended from outside
    ├── OverBudget         the image or the build is larger than its budget
    └── Unexpected         anything else, with what is known of it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from pipeline import hints
from pipeline.printed import excerpt

Status = Literal["failed", "timeout", "cancelled", "error"]


class PipelineError(Exception):
    """Base of all errors shown to users. `hint` says the way out."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the one clear text that a user sees."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(PipelineError):
    """Wrong usage or configuration.

    Parameters
    ----------
    file, line, column:
        Where the fault is, as far as it is in a file.
    key:
        The configuration key, with its tables ("services.api.timeout").
    service:
        The service that it concerns.
    """

    exit_code: ClassVar[int] = 2

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        file: str = "",
        line: int = 0,
        column: int = 0,
        key: str = "",
        service: str = "",
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part)
        what = f"services.{service}.{key}" if service and key and not key.startswith("services.") else key
        where = [part for part in (place, what or (f"service {service}" if service else "")) if part]
        super().__init__(": ".join([*where, message]), hint=hint)
        self.file = file
        self.line = line
        self.key = key
        self.service = service


class ServiceError(PipelineError):
    """One service did not come about. `status` is how reports call it; `stage` is "" where no stage is to blame."""

    status: ClassVar[Status] = "failed"

    def __init__(self, message: str, *, service: str, stage: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.service = service
        self.stage = stage


class StageFailed(ServiceError):
    """A command of a stage ended with an exit code."""

    def __init__(self, service: str, stage: str, command: Sequence[str], exit_code: int, *printed: str) -> None:
        super().__init__(f"stage {stage}: {command_failure(command, exit_code, *printed)}", service=service, stage=stage)
        self.command = tuple(command)
        self.command_exit_code = exit_code


class ConfigInvalid(ServiceError):
    """A service's configuration file does not parse or does not fit its schema."""

    def __init__(self, message: str, *, service: str = "") -> None:
        super().__init__(message, service=service, stage="config")


class ServiceTimeout(ServiceError):
    """A service took longer than its timeout, in seconds. `running` has the stages that it was at, with their commands."""

    status: ClassVar[Status] = "timeout"

    def __init__(self, service: str, seconds: float, running: Mapping[str, Sequence[str]]) -> None:
        hint = "raise `timeout` of the service, or --timeout"
        stages = [f"stage {name}: `{_one_line(command)}`" if command else f"stage {name}" for name, command in running.items()]
        message = f"not finished after {seconds:g} s" + (f": still at {', '.join(stages)}" if stages else "")
        super().__init__(message, service=service, stage=next(iter(running), ""), hint=hint)


class ServiceCancelled(ServiceError):
    """The run was ended before the service was built."""

    status: ClassVar[Status] = "cancelled"

    def __init__(self, service: str) -> None:
        super().__init__("cancelled", service=service)


class OverBudget(ServiceError):
    """A service is over a budget of its own."""

    def __init__(self, service: str, what: str, figure: float, limit: float, unit: str) -> None:
        message = f"{what} is {figure:g} {unit}, over its budget of {limit:g} {unit}"
        super().__init__(message, service=service)


class Unexpected(ServiceError):
    """Something that no other error describes."""

    status: ClassVar[Status] = "error"

    def __init__(self, service: str, error: BaseException) -> None:
        super().__init__(str(error) or type(error).__name__, service=service)


def leaves(errors: BaseExceptionGroup) -> list[BaseException]:
    """Return the errors of a group that are no groups themselves."""
    found: list[BaseException] = []
    for error in errors.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def command_failure(command: Sequence[str], exit_code: int, *printed: str) -> str:
    """Return what became of a command that failed, with what it printed, stream by stream, and the way out where one is known."""
    failed = f"`{_one_line(command)}` ended with exit code {exit_code}"
    return "\n".join([failed, *excerpt(*printed), *filter(None, [hints.of_build(*printed)])])


def _one_line(command: Sequence[str]) -> str:
    """Return a command for people: of a script its first line."""
    return command[2].partition("\n")[0] if tuple(command[:1]) == ("sh",) else " ".join(command)
