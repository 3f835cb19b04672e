"""`pipeline doctor`: what is looked for below a root, and in which form it is told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from pipeline.config import FILE_NAME, Overrides, load
from pipeline.doctor import Examination, Mended, apply, as_data, as_sarif, as_text, examine, frontend_of, root_of, written
from pipeline.engine import buildkit_version
from pipeline.errors import UsageError
from pipeline.library import Outcome


async def doctor(paths: Sequence[Path], form: str, *, fix: bool) -> Outcome:
    """Look for pitfalls in services and Dockerfiles. Exit code 1 where there is an error.

    `fix` mends what is mechanical first; what is returned is what remains.
    """
    if form not in {"text", "json", "sarif"}:
        msg = f"--format is {form!r}"
        raise UsageError(msg, hint="it can be text, json or sarif")
    frontend = frontend_of(await buildkit_version(os.environ))
    return await examined(root_of(paths), paths, form, frontend=frontend, fix=fix)


async def examined(
    root: Path,
    paths: Sequence[Path],
    form: str,
    *,
    file: str = FILE_NAME,
    frontend: tuple[int, int] | None = None,
    fix: bool = False,
) -> Outcome:
    """Look for pitfalls below a root, and say in a form what was found.

    Parameters
    ----------
    file:
        The configuration, relative to the root; without one, services are looked for.
    frontend:
        The version of the engine's own Dockerfile frontend, None where no engine is asked.
    """
    config = load(root, environ=os.environ, overrides=Overrides(), name=file) if (root / file).exists() else None
    found = await examine(root, paths, config, frontend)
    mended = apply(root, found.findings) if fix else Mended()
    if mended.findings:
        found = await examine(root, paths, config, frontend)
    match form:
        case "json":
            text = written(as_data(_noted(found, mended)))
        case "sarif":
            text = written(as_sarif(_noted(found, mended), version("pipeline")))
        case _:
            told = [f"mended: {item.place}: {item.rule.id}\n" for item in mended.findings]
            told += [f"not mended: {notice}\n" for notice in mended.notices]
            text = "".join(told) + as_text(found)
    return Outcome(text, 1 if found.failed else 0)


def _noted(found: Examination, mended: Mended) -> Examination:
    return replace(found, notices=(*found.notices, *mended.notices))
