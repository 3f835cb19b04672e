"""What was exported before, so that an engine is not asked again for what it would answer out of its cache.

An export is the same as an earlier one if the engine, its state, the Dockerfile, and the content of every build context are the
same, and every image at an address is named by its digest: that is what BuildKit's own cache goes by. An image's archive is then
still in its place, unless somebody else has written it; of other exports, a few small files are kept. A solve of which nothing has
to run takes 0.3 s of a processor, and a repository has hundreds.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from daglet import imageconfig, store
from daglet import operations as ops
from daglet.buildctl import Engine, Inputs
from daglet.dockerfile import Plan
from daglet.errors import InvalidOperation

_RECORD = "exported.json"
_MOST_FILES, _MOST_BYTES = 64, 1 << 16
"""What is kept of files that were exported: what a build tells of itself, not what it makes."""


def key(engine: Engine, plan: Plan, inputs: Inputs, node: ops.Node, below: str = "") -> str:
    """Return what the export of a value is known by; "" if the next one may differ though all of this is the same.

    A container's configuration is not in the Dockerfile alone, and neither is the base that its layers are laid over (`below`, its
    digest).
    """
    if not engine.identity or any("@sha256:" not in address for address in plan.addresses):
        return ""
    base, settings = imageconfig.made_of(node) if isinstance(node, ops.Container) else (None, [])
    parts: Sequence[object] = (
        engine.identity,
        plan.dockerfile,
        plan.target,
        plan.platform,
        {name: folder.name for name, folder in inputs.contexts.items()},
        {name: layout.digest for name, layout in inputs.layouts.items()},
        type(base).__name__,
        below,
        [step.digest for step in settings if step.kind not in imageconfig.NOT_IN_IMAGES],
    )
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def archive(folder: Path, keys: Sequence[str], target: Path) -> str:
    """Return the digest of the image archive that was written to a file for the same keys; "" if it is not there untouched."""
    try:
        record: Mapping[str, object] = json.loads((folder / _RECORD).read_text())
        same = all(keys) and record == {"keys": list(keys), "file": _mark(target), "digest": record["digest"]}
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return str(record["digest"]) if same else ""


def keep_archive(folder: Path, keys: Sequence[str], target: Path, digest: str) -> None:
    """Note in a folder of its own that an image archive was written. Without the note, or with half of it, it is written again."""
    with suppress(OSError):
        (folder / _RECORD).write_text(json.dumps({"keys": list(keys), "file": _mark(target), "digest": digest}))


def _mark(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def files(state: Path, identity: str) -> Path | None:
    """Return a folder with the files that were exported under a key, None if they were not kept. It is not to be written to."""
    kept = state / store.EXPORTS / identity
    if not identity or not kept.is_dir():
        return None
    store.mark_used(kept)
    return kept


def keep_files(state: Path, identity: str, folder: Path) -> None:
    """Keep files that were exported under a key if they are few and small. Where they cannot be kept, they are exported again."""
    if identity and _are_small(folder):
        with suppress(OSError, InvalidOperation):
            store.keep(state / store.EXPORTS / identity, partial(shutil.copytree, folder, symlinks=True, dirs_exist_ok=True))


def _are_small(folder: Path) -> bool:
    found = list(islice(folder.rglob("*"), _MOST_FILES + 1))
    return len(found) <= _MOST_FILES and sum(path.lstat().st_size for path in found if not path.is_dir()) <= _MOST_BYTES
