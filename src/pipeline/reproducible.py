"""Whether the same inputs give the same image: built twice from nothing, and compared file by file."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio.to_thread

from pipeline import orchestrate
from pipeline.archive import Archive, opened
from pipeline.errors import PipelineError
from pipeline.output import Archives
from pipeline.progress import Progress
from pipeline.project import Project
from pipeline.report.model import EngineResult
from pipeline.report.summary import summary

_NAMED = 5


async def verify(
    project: Project,
    names: Sequence[str],
    engine: EngineResult,
    finish: Callable[[Path], None],
    progress: Progress,
) -> dict[str, tuple[str, ...]]:
    """Return what differs between two builds from nothing, by service; no word where they are equal.

    Every command runs in both, with empty cache volumes. What other builds have left in the engine is neither read nor changed.

    Parameters
    ----------
    finish:
        What is done to each image's archive once it is written.

    Raises
    ------
    PipelineError
        If a service could not be built.
    """
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        outputs = [Path(folder, name) for name in ("first", "second")]
        digests: list[dict[str, str]] = []
        for output in outputs:
            run = secrets.token_hex(8)
            archives = Archives(output, output / "layers", finish)
            settings = orchestrate.Settings(run, project.config.max_parallel, archives, None)
            report = await orchestrate.build(replace(project, fresh=run), names, engine, settings, progress)
            if not report.success:
                msg = f"there is nothing to compare, since a service failed\n{summary(report)}"
                raise PipelineError(msg)
            digests.append({item.service_name: item.image_digest for item in report.services})
        found: dict[str, tuple[str, ...]] = {}
        for name in names:
            first, second = (output / "images" / f"{name}.tar" for output in outputs)
            equal = digests[0][name] == digests[1][name]
            found[name] = () if equal else await anyio.to_thread.run_sync(differences, first, second)
    return found


def as_text(found: Mapping[str, Sequence[str]]) -> str:
    """Return the outcome for people."""
    lines: list[str] = []
    for name, differing in found.items():
        lines.append(f"{name}: {'not reproducible' if differing else 'reproducible: two builds from nothing are equal'}")
        lines += [f"    {line}" for line in differing[:_NAMED]]
        if len(differing) > _NAMED:
            lines.append(f"    and {len(differing) - _NAMED} more")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Item:
    """What counts of a file in a layer. `where` is the platform and the number of the layer."""

    kind: bytes
    mode: int
    owner: str
    time: float
    target: str
    content: str


def differences(first: Path, second: Path) -> tuple[str, ...]:
    """Return how two image archives of one service differ, a sentence for each file; the image's settings come last."""
    files, settings = zip(*(_contents(path) for path in (first, second)), strict=True)
    lines = [_told(name, files[0].get(name), files[1].get(name)) for name in sorted(files[0].keys() | files[1].keys())]
    lines += [
        f"the image's {key}: {settings[0].get(key)!r}, then {settings[1].get(key)!r}"
        for key in sorted(settings[0].keys() | settings[1].keys())
        if settings[0].get(key) != settings[1].get(key)
    ]
    return tuple(filter(None, lines)) or ("the same files and settings, packed in another way",)


def _told(name: str, first: _Item | None, second: _Item | None) -> str:
    if first is None or second is None:
        return f"{name}: only in the {'second' if first is None else 'first'} build"
    differing = [field for field in _Item.__slots__ if getattr(first, field) != getattr(second, field)]
    return f"{name}: its {' and its '.join(differing)} differs" if differing else ""


def _contents(archive: Path) -> tuple[dict[str, _Item], dict[str, Any]]:
    """Return the files of an archive by path, and the settings of its images by name."""
    files: dict[str, _Item] = {}
    settings: dict[str, Any] = {}
    with opened(archive) as image:
        manifests = [manifest for _, manifest in image.manifests()]
        for manifest in manifests:
            config = image.document(manifest["config"]["digest"])
            beside = f" for {config['os']}/{config['architecture']}" if len(manifests) > 1 else ""
            settings |= {f"{key}{beside}": value for key, value in config.get("config", {}).items()}
            for layer in manifest["layers"]:
                files |= {f"{path}{beside}": item for path, item in _layer(image, layer)}
    return files, settings


def _layer(image: Archive, layer: Mapping[str, Any]) -> Iterator[tuple[str, _Item]]:
    for info, file in image.files(layer):
        content = hashlib.sha256(file.read()).hexdigest() if file else ""
        yield info.name, _Item(info.type, info.mode, f"{info.uid}:{info.gid}", info.mtime, info.linkname, content)
