"""What is in a final image, as lists that other tools read: CycloneDX and SPDX.

It is read off the image's own files, not off lockfiles: what is listed is what ships.
"""

from __future__ import annotations

from pipeline.sbom.contents import Component, Contents, contents
from pipeline.sbom.documents import FORMATS, document

__all__ = ["FORMATS", "Component", "Contents", "contents", "document"]
