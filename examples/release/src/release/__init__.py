"""A release of services: `Release` is what Dagger calls."""

from release.module import Release

__all__ = ["Release"]
