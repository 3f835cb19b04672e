"""The bases that the pipeline takes for a repository, for Dockerfiles that start from the same ones."""

from __future__ import annotations

from pathlib import Path

from daglet.archives import unpack
from pipeline import project
from pipeline.bases.model import load
from pipeline.config import Overrides
from pipeline.folders import cache_folder
from pipeline.repository import read


def arguments(repository: Path, layouts: Path) -> list[str]:
    """Return buildctl's arguments for a repository's bases, which a build by the pipeline has assembled before."""
    known = read(repository, [], Overrides())
    wanted = project.base_requests(known.config, known.services)
    folder = cache_folder() / "bases"
    found: list[str] = []
    for base in load(folder):
        if base.request in wanted and base.request.role != "config":
            role, layout = base.request.role, unpack(folder / base.archive, layouts)
            found += [f"--oci-layout={role}={layout.path}", f"--opt=context:{role}=oci-layout://{role}@{layout.digest}"]
    return found
