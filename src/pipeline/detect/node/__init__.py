"""Node services."""

from __future__ import annotations

from pipeline.detect.node.service import detect

__all__ = ["detect"]
