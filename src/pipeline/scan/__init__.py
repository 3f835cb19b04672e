"""Known vulnerabilities of what is in final images, found by scanners that others make.

A scanner is given the list of what is in an image (CycloneDX), the image's files and a database, and runs as a stage. What it
prints is read here, whichever it is.
"""

from __future__ import annotations

from pipeline.scan.findings import Finding, ScanError, counts, merged, parse, severe

__all__ = ["Finding", "ScanError", "counts", "merged", "parse", "severe"]
