"""Go services."""

from __future__ import annotations

from pipeline.detect.golang.service import detect

__all__ = ["detect"]
