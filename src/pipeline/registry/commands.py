"""`pipeline publish` and `pipeline cache`: what is put into registries, and what they hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from pipeline import archive, attest
from pipeline.config import Overrides, tags
from pipeline.destinations import check_file, check_output
from pipeline.engine import Choice
from pipeline.errors import UsageError
from pipeline.files import write_text_atomic
from pipeline.folders import cache_folder
from pipeline.library import Outcome, built_whole
from pipeline.progress import Progress
from pipeline.registry import client, stages
from pipeline.registry import publish as publishing
from pipeline.registry.reference import cache_repository
from pipeline.registry.vouch import Signing
from pipeline.report.model import Report
from pipeline.repository import Repository, check_whole, read
from pipeline.sbom.commands import lists

if TYPE_CHECKING:
    from pipeline.attest.keys import Key


async def publish(
    root: Path,
    names: Sequence[str],
    output: Path,
    image_refs: Path | None,
    overrides: Overrides,
    engine: Choice,
    progress: Progress,
    *,
    listed: bool = False,
    proven: bool = False,
    sign_key: str = "",
) -> Outcome:
    """Build services, push their images and return a line `ADDRESS@DIGEST` for each tag.

    `image_refs` is a file that gets the same lines, once all are tagged.

    Parameters
    ----------
    listed:
        Whether lists of what is in the images are attached to them.
    proven:
        Whether statements of how the images came about are, signed where they are signed.
    sign_key:
        The place of the key that images are signed with, "" for none.

    Raises
    ------
    PipelineError
        If a service failed, or a registry refused; nothing is tagged then unless everything was pushed.
    """
    repository = read(root, names, overrides)
    check_output(output, output / "report.json")
    if image_refs:
        check_file(image_refs, "--image-refs")
    config = repository.config
    publishing.check_addresses({name: tags(name, config.services[name], config.registry or "") for name in repository.services})
    check_whole(repository, "published")
    key = _key(sign_key) if sign_key else None
    registries = await client.client(cache_folder(), progress)
    result = await built_whole(repository, output, engine, progress, "nothing was pushed")
    publications = [
        publishing.Publication(item.service_name, output.resolve() / item.image, item.image_digest, item.tags)
        for item in result.services
    ]
    attached: dict[str, list[publishing.Attachment]] = {}
    if listed:
        for made in await lists(result, output.resolve()):
            attached.setdefault(made.service, []).append(
                publishing.Attachment(made.digest, made.media_type, output.resolve() / made.file)
            )
    statements = await _statements(repository, result, output.resolve()) if proven else {}
    if not key:
        for service, (digest, file) in statements.items():
            attached.setdefault(service, []).append(publishing.Attachment(digest, attest.IN_TOTO, file))
    signing = Signing(key, {service: file.read_text() for service, (_, file) in statements.items()}) if key else None
    await publishing.publish(registries, publications, attached, progress.event, signing)
    text = "".join(f"{line}\n" for item in publications for line in item.references)
    if image_refs:
        await anyio.to_thread.run_sync(write_text_atomic, image_refs.resolve(), text)
    return Outcome(text)


def _key(place: str) -> Key:
    try:
        from pipeline.attest import keys  # noqa: PLC0415 - an extra, which those who do not sign need not have
    except ImportError:
        msg = "--sign-key: signing needs two more packages"
        raise UsageError(msg, hint="install them with pip install 'pipeline[sign]'") from None
    return keys.load(place, os.environ)


async def _statements(repository: Repository, result: Report, output: Path) -> dict[str, tuple[str, Path]]:
    """Write statements of how images came about; return the digest of the image that each is about and its file, by service."""
    from pipeline.planning import described, host_directory, planned  # noqa: PLC0415 - needs the client, which a session imports

    found: dict[str, tuple[str, Path]] = {}
    for service in result.services:
        name = service.service_name
        project = planned(
            repository.root, repository.config, {name: repository.services[name]}, host_directory(repository.root)
        )
        plan = hashlib.sha256(described(project, "json").encode()).hexdigest()
        file = output / "provenance" / f"{name}.json"
        statement = attest.provenance(result, service, await anyio.to_thread.run_sync(_labels, output / service.image), plan)
        write_text_atomic(file, statement)
        found[name] = (service.image_digest, file)
    return found


def _labels(image: Path) -> dict[str, str]:
    with archive.opened(image) as found:
        _, manifest = next(found.manifests())
        labels: dict[str, str] = found.document(manifest["config"]["digest"]).get("config", {}).get("Labels") or {}
    return labels


async def cache_list(root: Path, overrides: Overrides, on_step: Callable[[str], None]) -> Outcome:
    """Return what the shared cache of stages holds."""
    repository = _cache_repository(root, overrides)
    kept = await stages.listed(await client.client(cache_folder(), on_step), repository)
    total = sum(item.size for item in kept) / 1e6
    return Outcome(f"{stages.as_text(kept)}{len(kept)} stages, {total:.1f} MB in {repository}\n")


async def cache_prune(root: Path, overrides: Overrides, days: float, on_step: Callable[[str], None]) -> Outcome:
    """Remove from the shared cache of stages what is older than some days."""
    repository = _cache_repository(root, overrides)
    gone = await stages.prune(await client.client(cache_folder(), on_step), repository, timedelta(days=days))
    return Outcome(f"{stages.as_text(gone)}{len(gone)} stages removed from {repository}\n")


def _cache_repository(root: Path, overrides: Overrides) -> str:
    registry = read(root, [], overrides).config.cache.registry
    if not registry:
        msg = "there is no shared cache"
        raise UsageError(msg, hint="name it with --cache-registry, or with `registry` under [cache] in pipeline.toml")
    return cache_repository(registry)
