"""Routes that frameworks make of files, by their names: Next.js, Nuxt, SvelteKit, Remix and Astro."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.detect.programs import Program
from pipeline.detect.syntax import settings_of

_SOURCE = r"\.[cm]?[jt]sx?\Z"
_REMIX = re.compile(rf"(?:\A|/)(app/routes/(.+?)(?:/route)?{_SOURCE})")
_GET = re.compile(rb"\bGET\b")
_HANDLER = re.compile(rb"\b(?:define\w*|event)Handler\(")
_WAYS = (
    (re.compile(rf"(?:\A|/)(src/routes/(.+)/\+server{_SOURCE})"), _GET),
    (re.compile(rf"(?:\A|/)((?:src/)?app/(.+)/route{_SOURCE})"), _GET),
    (re.compile(rf"(?:\A|/)((?:src/)?pages/(api/.+){_SOURCE})"), re.compile(rb"\bexport default\b|\bmodule\.exports\b")),
    (re.compile(rf"(?:\A|/)(server/(api/.+?)(?:\.get)?{_SOURCE})"), _HANDLER),
    (re.compile(rf"(?:\A|/)(server/routes/(.+?)(?:\.get)?{_SOURCE})"), _HANDLER),
    (re.compile(rf"(?:\A|/)(src/pages/(.+){_SOURCE})"), _GET),
    (_REMIX, re.compile(rb"\bexport\b.*\bloader\b")),
)
"""The places of the files from the service's folder on, with the route in them, and what of such a file answers."""

_UNSEEN = re.compile(r"/(?:\([^)]*\)|index\Z)")
_UNSEEN_IN_REMIX = re.compile(r"/_[^/]+")
"""Parts of a place that are none of the route: groups, layouts."""

_BASES = {"base", "baseURL", "basePath", "basename"}


def file_routes(files: Sequence[Program]) -> Iterator[tuple[Program, str, Path]]:
    """Yield the files that are routes, the paths that they answer, and the folder of their framework's settings."""
    for file in files:
        for named, answers in _WAYS:
            if (found := named.search(file.name)) and answers.search(file.content):
                path = _UNSEEN.sub("", f"/{found[2]}")
                if named is _REMIX:
                    path = _UNSEEN_IN_REMIX.sub("", path.replace(".", "/"))
                yield file, path, file.path.parents[found[1].count("/")]
                break


def has_base(folder: Path) -> bool:
    """Whether a framework's settings put all routes below a path."""
    return any(key in _BASES and value.strip("\"'`./") for key, value in settings_of(folder, "*.config.*"))
