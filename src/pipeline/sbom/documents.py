"""Lists of packages in the two common formats. Sources: CycloneDX 1.6 and SPDX 2.3, in JSON.

The same image gives the same document, byte for byte: its identifiers are made from the image's digest, its time is the
image's own.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pipeline.sbom.contents import Component, Contents

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://spdx.org/spdxdocs/pipeline")
_EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its media type, how files of it are called, and what writes it."""

    media_type: str
    suffix: str
    write: Callable[[str, Contents], dict[str, Any]]


def document(name: str, found: Contents, form: str) -> str:
    """Return the list of what is in a service's image, in one of `FORMATS`."""
    return json.dumps(FORMATS[form].write(name, found), indent=2, sort_keys=True) + "\n"


def _cyclonedx(name: str, found: Contents) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{_identity(found)}",
        "version": 1,
        "metadata": {
            "timestamp": found.created or _EPOCH,
            "tools": {"components": [{"type": "application", "name": "pipeline", "version": version("pipeline")}]},
            "component": {"type": "container", "bom-ref": found.digest, "name": name, "version": found.digest},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": _reference(item),
                "name": item.name,
                "version": item.version,
                "purl": item.purl,
                **({"licenses": [{"expression": item.licence}]} if item.licence else {}),
                "evidence": {"occurrences": [{"location": f"/{item.path}"}]},
            }
            for item in found.components
        ],
    }


def _spdx(name: str, found: Contents) -> dict[str, Any]:
    image = {
        "SPDXID": "SPDXRef-Image",
        "name": name,
        "versionInfo": found.digest,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": "SHA256", "checksumValue": found.digest.removeprefix("sha256:")}],
    }
    packages = [
        {
            "SPDXID": f"SPDXRef-{_reference(item)}",
            "name": item.name,
            "versionInfo": item.version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": item.licence or "NOASSERTION",
            "sourceInfo": f"found at /{item.path}",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": item.purl}],
        }
        for item in found.components
    ]
    described = {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Image"}
    contained = [
        {"spdxElementId": "SPDXRef-Image", "relationshipType": "CONTAINS", "relatedSpdxElement": item["SPDXID"]}
        for item in packages
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/pipeline/{name}-{_identity(found)}",
        "creationInfo": {"created": found.created or _EPOCH, "creators": [f"Tool: pipeline-{version('pipeline')}"]},
        "packages": [image, *packages],
        "relationships": [described, *contained],
    }


def _identity(found: Contents) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, found.digest)


def _reference(item: Component) -> str:
    """Return what tells a package from the same one at another place."""
    return hashlib.sha256(f"{item.purl}\0{item.path}".encode()).hexdigest()[:16]


FORMATS = {
    "cyclonedx": Format("application/vnd.cyclonedx+json", "cdx.json", _cyclonedx),
    "spdx": Format("application/spdx+json", "spdx.json", _spdx),
}
"""The formats, by what they are called."""
