"""P1: a BuildKit or Dockerfile frontend that is too old for what the file asks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.doctor.dockerfile import Dockerfile, Instruction
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity

_OPTIONS = {
    ("RUN", "mount"): (1, 2),
    ("RUN", "network"): (1, 3),
    ("RUN", "security"): (1, 20),
    ("COPY", "chmod"): (1, 2),
    ("COPY", "link"): (1, 4),
    ("COPY", "exclude"): (1, 19),
    ("COPY", "parents"): (1, 20),
    ("ADD", "chmod"): (1, 2),
    ("ADD", "link"): (1, 4),
    ("ADD", "keep-git-dir"): (1, 1),
    ("ADD", "checksum"): (1, 6),
    ("ADD", "unpack"): (1, 17),
    ("ADD", "exclude"): (1, 19),
}
"""The version of the Dockerfile frontend that an option needs, as the Dockerfile reference says."""

_HEREDOC = (1, 4)
_SECRET_VARIABLE = (1, 10)

_OFFICIAL = re.compile(r"\A(?:docker\.io/)?docker/dockerfile:(\d+)(?:\.(\d+))?(?:\.\d+)?(-labs)?(?:@.*)?\Z")
_NEWEST = (999, 0)

_GOOD = {
    "Dockerfile": """\
# syntax=docker/dockerfile:1
FROM golang:1.25.3-alpine AS build
WORKDIR /src
COPY --link go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
"""
}

OLD_FRONTEND = Rule(
    id="P1-old-frontend",
    title="The Dockerfile frontend is too old for what the file uses",
    why="The build ends with `unknown flag`, on this machine or on the one with the older engine.",
    severity=Severity.ERROR,
    bad={"Dockerfile": _GOOD["Dockerfile"].replace("dockerfile:1\n", "dockerfile:1.2\n")},
    good=_GOOD,
)


def frontend_of(buildkit: str) -> tuple[int, int] | None:
    """Return the version of the frontend that a BuildKit brings, None where its version says nothing."""
    found = re.match(r"v?0\.(\d+)\.", buildkit)
    if not found:
        return None
    minor = int(found[1])
    # Since BuildKit 0.10 brought frontend 1.4 both have counted together.
    return (1, minor - 6) if minor >= 10 else (1, 2) if minor >= 8 else (1, 1)  # noqa: PLR2004


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    available, source, line = _available(dockerfile)
    if available is None:
        return
    for stage in dockerfile.stages:
        for item in stage.instructions:
            for what, needed in _needs(item):
                if needed > available:
                    wanted = ".".join(map(str, needed))
                    yield OLD_FRONTEND.at(
                        dockerfile.name,
                        item.line,
                        f"{what} needs Dockerfile frontend {wanted}, and {source}",
                        "`# syntax=docker/dockerfile:1` as the first line brings the newest one",
                        [Edit(dockerfile.name, 1, 1 + line, "# syntax=docker/dockerfile:1\n")],
                    )
                    return


def _available(dockerfile: Dockerfile) -> tuple[tuple[int, int] | None, str, int]:
    """Return the frontend's version, how people are told, and the line that names it, 0 for none."""
    if dockerfile.syntax:
        found = _OFFICIAL.match(dockerfile.syntax)
        if not found:
            return None, "", 0
        number = (int(found[1]), int(found[2])) if found[2] else _NEWEST
        first = dockerfile.lines[0].replace(" ", "") if dockerfile.lines else ""
        return number, f"the file asks for {dockerfile.syntax}", 1 if first.startswith("#syntax=") else 0
    if dockerfile.frontend is None:
        return None, "", 0
    return dockerfile.frontend, f"the engine brings {'.'.join(map(str, dockerfile.frontend))}", 0


def _needs(item: Instruction) -> Iterator[tuple[str, tuple[int, int]]]:
    for flag in item.flags:
        name = flag.removeprefix("--").partition("=")[0]
        if needed := _OPTIONS.get((item.name, name)):
            yield f"`{item.name} --{name}`", needed
    if any(mount["type"] == "secret" and "env" in mount for mount in item.mounts):
        yield "a secret as a variable", _SECRET_VARIABLE
    if item.heredocs:
        yield "a heredoc", _HEREDOC


FAMILY = Family("P1", "The engine and its Dockerfile frontend", (OLD_FRONTEND,), dockerfile=_check)
