"""What a release says of its images, so that others can check it: how they came about, and who vouches for them.

Sources: in-toto statement v1, SLSA provenance v1, DSSE 1.0.2, and cosign's SIGNATURE_SPEC.md.
"""

from __future__ import annotations

from pipeline.attest.provenance import IN_TOTO, provenance
from pipeline.attest.signatures import Layer, added, attestation, read_archive, signature, write_archive

__all__ = [
    "IN_TOTO",
    "Layer",
    "added",
    "attestation",
    "provenance",
    "read_archive",
    "signature",
    "write_archive",
]
