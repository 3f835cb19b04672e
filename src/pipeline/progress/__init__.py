"""What people see while a build runs: on a terminal, in a CI's log, or nothing."""

from __future__ import annotations

from pipeline.progress.choice import FORMS, choose
from pipeline.progress.lines import Lines, Progress, Quiet

__all__ = ["FORMS", "Lines", "Progress", "Quiet", "choose"]
