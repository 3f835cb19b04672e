"""`pipeline sbom`: lists of what is in images, in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from pipeline.config import Overrides
from pipeline.destinations import check_output
from pipeline.engine import Choice
from pipeline.errors import UsageError
from pipeline.files import write_text_atomic
from pipeline.library import Outcome, built_whole
from pipeline.progress import Progress
from pipeline.report.model import Report
from pipeline.repository import check_whole, read
from pipeline.sbom import FORMATS, contents, document

FOLDER = "sbom"
"""Where lists are written in the folder for output."""


async def sbom(
    root: Path, names: Sequence[str], output: Path, form: str, overrides: Overrides, engine: Choice, progress: Progress
) -> Outcome:
    """Build services, write lists of what is in their images, and return one of the formats, or the names of the files."""
    if form not in {"files", *FORMATS}:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint=f"it can be files, {' or '.join(FORMATS)}")
    repository = read(root, names, overrides)
    check_whole(repository, "listed")
    check_output(output, output / "report.json")
    result = await built_whole(repository, output, engine, progress, "nothing is listed")
    made = await lists(result, output.resolve())
    if form == "files":
        return Outcome("".join(f"{output / item.file}\n" for item in made))
    return Outcome("".join(item.text for item in made if item.media_type == FORMATS[form].media_type))


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of what is in an image.

    Parameters
    ----------
    digest:
        The digest of the image for one platform.
    file:
        Where the list is written, by its path in the folder for output.
    """

    service: str
    digest: str
    media_type: str
    file: str
    text: str


async def listed(service: str, archive: Path) -> list[Listed]:
    """Return the lists of a service's images, which are in an archive, in all formats."""
    found = await anyio.to_thread.run_sync(contents, archive)
    made: list[Listed] = []
    for image in found:
        beside = f"-{image.platform.partition('/')[2]}" if len(found) > 1 else ""
        for form, kind in FORMATS.items():
            file = f"{FOLDER}/{service}{beside}.{kind.suffix}"
            made.append(Listed(service, image.digest, kind.media_type, file, document(service, image, form)))
    return made


async def lists(result: Report, output: Path) -> list[Listed]:
    """Write the lists of all services' images in all formats."""
    made = [item for service in result.services for item in await listed(service.service_name, output / service.image)]
    for item in made:
        write_text_atomic(output / item.file, item.text)
    return made
