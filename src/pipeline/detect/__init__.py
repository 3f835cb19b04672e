"""A folder and its configuration → what the service is; a repository → the services in it."""

from __future__ import annotations

from pipeline.detect.dispatch import detect
from pipeline.detect.model import GoService, NodeService
from pipeline.detect.survey import survey

__all__ = ["GoService", "NodeService", "detect", "survey"]
