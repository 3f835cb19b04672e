"""What can go wrong between here and a registry."""

from __future__ import annotations

from pipeline.errors import PipelineError


class RegistryError(PipelineError):
    """A registry did not do what it was asked to, or the program that asks it cannot be had."""


class NotFound(RegistryError):
    """A registry has no such repository, tag or manifest."""
