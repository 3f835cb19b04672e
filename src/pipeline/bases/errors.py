"""What can go wrong while bases are resolved or assembled."""

from __future__ import annotations

from pipeline.errors import PipelineError


class BaseError(PipelineError):
    """A base image cannot be had."""


class LockError(BaseError):
    """The lockfile and what is asked for do not agree."""

    exit_code = 2
