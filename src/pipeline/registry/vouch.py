"""Signatures in a registry: each is added to those that others have put there."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.attest import Layer, added, attestation, read_archive, signature, write_archive
from pipeline.registry.client import Client
from pipeline.registry.errors import NotFound, RegistryError

if TYPE_CHECKING:
    from pipeline.attest.keys import Key


@dataclass(frozen=True, slots=True)
class Signing:
    """The key that images are signed with, and the statements about them that it signs, too, by service."""

    key: Key
    statements: Mapping[str, str] = field(default_factory=dict)


async def vouch(client: Client, service: str, repository: str, digest: str, signing: Signing) -> None:
    """Sign an image that has been pushed, and the statement about it if there is one.

    Raises
    ------
    RegistryError
        If the registry refuses, or holds under the signature's tag what is none.
    """
    place = f"{repository}:{digest.replace(':', '-')}"
    await _add(client, repository, f"{place}.sig", signing.key, signature(signing.key, repository, digest))
    if service in signing.statements:
        await _add(client, repository, f"{place}.att", signing.key, attestation(signing.key, signing.statements[service]))


async def _add(client: Client, repository: str, place: str, key: Key, layer: Layer) -> None:
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        file = Path(folder, "layers.tar")
        try:
            await client.run("image", "export", place, str(file), repository=repository)
            existing = read_archive(file)
        except NotFound:
            existing = []
        except (OSError, ValueError, KeyError) as error:
            msg = f"{place}: what is there are no signatures: {error}"
            raise RegistryError(msg, hint="remove the tag, or publish to another repository") from None
        write_archive(file, added(key, layer, existing))
        await client.run("image", "import", place, str(file), repository=repository)
