"""The bases that the pipeline takes for a repository, for Dockerfiles that start from the same ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from daglet.archives import Layout, blob, lay_in, load, unpack
from pipeline import project
from pipeline.bases.model import load as known_bases
from pipeline.bases.oci import digest_of, json_bytes
from pipeline.config import Overrides
from pipeline.folders import cache_folder
from pipeline.repository import read


def arguments(repository: Path, layouts: Path) -> list[str]:
    """Return buildctl's arguments for a repository's bases, which a build by the pipeline has assembled before.

    Of the pipeline's own bases no engine sees two with node. Of these one does, so the layer is the same blob in both: a
    cache stores it, and pulls it, once.
    """
    known = read(repository, [], Overrides())
    wanted = project.base_requests(known.config, known.services)
    folder = cache_folder() / "bases"
    bases = {base.request.role: base for base in known_bases(folder) if base.request in wanted}
    images = {role: unpack(folder / base.archive, layouts) for role, base in bases.items() if role != "config"}
    if "node-build" in images:
        images["node-build"] = _sharing(images["node-build"], images["node-runtime"])
    return [
        argument
        for role, image in images.items()
        for argument in (f"--oci-layout={role}={image.path}", f"--opt=context:{role}=oci-layout://{role}@{image.digest}")
    ]


def _sharing(image: Layout, other: Layout) -> Layout:
    """Return an image with the blobs of another for those layers that both have."""
    theirs = dict(_layers(other))
    lay_in(other, image.path)
    manifest = {**load(image.path, image.digest), "layers": [theirs.get(content, layer) for content, layer in _layers(image)]}
    body = json_bytes(manifest)
    blob(image.path, digest_of(body)).write_bytes(body)
    return Layout(image.path, digest_of(body))


def _layers(image: Layout) -> list[tuple[str, Any]]:
    """Return an image's layers by what is in them."""
    manifest = load(image.path, image.digest)
    config = load(image.path, manifest["config"]["digest"])
    return list(zip(config["rootfs"]["diff_ids"], manifest["layers"], strict=True))
