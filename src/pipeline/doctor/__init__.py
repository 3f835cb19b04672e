"""`pipeline doctor`: pitfalls of services and Dockerfiles, found before they cost a day."""

from __future__ import annotations

from pipeline.doctor.examine import Examination, examine, root_of
from pipeline.doctor.fix import Mended, apply
from pipeline.doctor.report import as_data, as_sarif, as_text, written
from pipeline.doctor.rules.p01_frontend import frontend_of

__all__ = ["Examination", "Mended", "apply", "as_data", "as_sarif", "as_text", "examine", "frontend_of", "root_of", "written"]
