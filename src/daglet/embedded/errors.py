"""What keeps an embedded engine from running."""

from __future__ import annotations


class EngineError(Exception):
    """The engine cannot be had. `hint` says the way out."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint
