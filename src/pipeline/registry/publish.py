"""Publishing images as they were built: by their digests first, all of them, and only then by their tags."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from pipeline.errors import UsageError, leaves
from pipeline.registry.client import Client
from pipeline.registry.reference import split
from pipeline.registry.vouch import Signing, vouch


@dataclass(frozen=True, slots=True)
class Publication:
    """An image archive, the digest of what is in it, and the addresses that it is to have.

    What is in it may be an index: then all of its platforms are pushed before the index is.
    """

    service: str
    archive: Path
    digest: str
    addresses: tuple[str, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """The addresses with the digest."""
        return tuple(f"{address}@{self.digest}" for address in self.addresses)


def check_addresses(addresses: Mapping[str, Sequence[str]]) -> None:
    """Check the addresses that services' images are to have, by service.

    Raises
    ------
    UsageError
        If one is not valid, none says in which registry, or two images are to have one.
    """
    taken: dict[str, str] = {}
    for service, wanted in addresses.items():
        for address in wanted:
            if "/" not in address:
                msg = "there is no registry to publish to"
                raise UsageError(msg, service=service, hint="name it with --registry, or with `registry` in pipeline.toml")
            split(address)
            if (other := taken.setdefault(address, service)) != service:
                msg = f"{address} is to be the image of {other}, too"
                raise UsageError(msg, service=service, hint="give each service a tag of its own, or publish one of them")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document about an image: the digest of the manifest that it is about, its media type, and its file."""

    subject: str
    media_type: str
    file: Path


async def publish(
    client: Client,
    publications: Sequence[Publication],
    attachments: Mapping[str, Sequence[Attachment]],
    on_event: Callable[[str, str], None],
    signing: Signing | None = None,
) -> None:
    """Push images, attach documents to them, sign and tag them. Nothing is tagged unless everything has been pushed.

    Parameters
    ----------
    attachments:
        Documents about images, by service. They become OCI referrers of what they are about.
    on_event:
        Told of a service's progress: its name, and what happened.
    signing:
        What vouches for the images, None for nothing.

    Raises
    ------
    RegistryError
        If a registry refuses, or does not answer.
    """

    async def push(item: Publication, repository: str) -> None:
        place = f"{repository}@{item.digest}"
        await client.run("image", "import", place, str(item.archive), repository=repository)
        on_event(item.service, f"pushed {place}")

    async def attach(repository: str, document: Attachment) -> None:
        words = ["artifact", "put", "--subject", f"{repository}@{document.subject}", "--artifact-type", document.media_type]
        words += ["--file-media-type", document.media_type, "--strip-dirs", "--file", str(document.file)]
        await client.run(*words, repository=repository)

    async def tag(item: Publication, address: str) -> None:
        repository, _ = split(address)
        await client.run("image", "copy", f"{repository}@{item.digest}", address, repository=repository)
        on_event(item.service, f"tagged {address}")

    places = [(item, name) for item in publications for name in sorted({split(address)[0] for address in item.addresses})]
    await _all([partial(push, item, name) for item, name in places])
    # One after the other: a registry that knows no referrers keeps them in one list, which each adds itself to.
    for item, name in places:
        for document in attachments.get(item.service, ()):
            await attach(name, document)
        if signing:
            await vouch(client, item.service, name, item.digest, signing)
            on_event(item.service, f"signed {name}@{item.digest}")
    await _all([partial(tag, item, address) for item in publications for address in item.addresses])


async def _all(works: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Carry out works at the same time; the first failure ends the others."""
    try:
        async with anyio.create_task_group() as group:
            for work in works:
                group.start_soon(work)
    except ExceptionGroup as errors:
        raise leaves(errors)[0] from None
