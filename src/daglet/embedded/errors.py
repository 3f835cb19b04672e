"""What keeps an engine from being had."""

from __future__ import annotations

from typing import ClassVar

USE_ANOTHER = "or set BUILDKIT_HOST to a BuildKit that is running"
"""The way out that is always there."""


class EngineError(Exception):
    """The engine cannot be had. `hint` says the way out; `exit_code` is 2 where the user named an engine that is none."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


class NoHost(EngineError):
    """An address that the user named leads to no BuildKit that can be used; the message begins with the address."""

    exit_code: ClassVar[int] = 2


class WrongHost(NoHost):
    """The BuildKit that BUILDKIT_HOST names does not answer, or cannot run what this machine asks of it."""

    def __init__(self, address: str, reason: str) -> None:
        hint = "correct BUILDKIT_HOST, or unset it to use the embedded engine"
        super().__init__(f"BUILDKIT_HOST is {address!r}: {reason}", hint=hint)
