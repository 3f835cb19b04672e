"""Images of Node and Go services as a graph of stages, expressed in Dagger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.module import Pipeline

__all__ = ["Pipeline"]


def __getattr__(name: str) -> Any:
    """Import the module's class when it is first asked for: the command line's `--help` needs no Dagger client."""
    if name == "Pipeline":
        from pipeline.module import Pipeline  # noqa: PLC0415

        return Pipeline
    raise AttributeError(name)
