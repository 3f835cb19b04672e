"""P3: a build argument that is used in a stage which does not declare it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage, variables
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity

_PLATFORM = {f"{side}{part}" for side in ("TARGET", "BUILD") for part in ("PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION")}
"""Arguments that BuildKit gives to each stage which declares them."""

_GOOD = {
    "Dockerfile": """\
ARG VERSION=dev
FROM golang:1.25.3 AS build
ARG VERSION
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -ldflags "-X main.version=$VERSION" -o /bin/app ./cmd/server
"""
}

UNDECLARED_ARGUMENT = Rule(
    id="P3-undeclared-argument",
    title="An argument is used in a stage that does not declare it",
    why="An `ARG` holds for its own stage, and one before the first `FROM` for `FROM` lines alone. Elsewhere the shell finds "
    "nothing and says nothing: a version is empty, an architecture is the builder's own.",
    severity=Severity.ERROR,
    bad={
        "Dockerfile": _GOOD["Dockerfile"].replace("FROM golang:1.25.3 AS build\nARG VERSION\n", "FROM golang:1.25.3 AS build\n")
    },
    good=_GOOD,
)
UNDECLARED_PORT = Rule(
    id="P3-undeclared-port",
    title="`EXPOSE` of a variable that nothing declares",
    why="Variables of the container's start are not known when the image is built: the image exposes nothing.",
    severity=Severity.ERROR,
    bad={"Dockerfile": "FROM node:22.11.0-slim\nEXPOSE $PORT\n"},
    good={"Dockerfile": "FROM node:22.11.0-slim\nENV PORT=3000\nEXPOSE $PORT\n"},
    buildkit="UndefinedVar",
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    elsewhere = set(dockerfile.arguments) | _PLATFORM
    for stage in dockerfile.stages:
        elsewhere |= {name for item in stage.instructions if item.name == "ARG" for name, _ in item.declared}
    for stage in dockerfile.stages:
        told: set[str] = set()
        for item in stage.instructions:
            known = _known(stage, item)
            if item.name == "RUN" and dockerfile.shell_is_posix:
                yield from _run(dockerfile, stage, item, elsewhere - known - told, told)
            elif item.name == "EXPOSE" and not dockerfile.skips("UndefinedVar"):
                for name in variables(" ".join(item.args)):
                    if name not in known:
                        yield UNDECLARED_PORT.at(
                            dockerfile.name,
                            item.line,
                            f"${name} is declared neither by ARG nor by ENV in this stage: nothing is exposed",
                            f"write the number, or `ENV {name}=…` before",
                        )


def _run(dockerfile: Dockerfile, stage: Stage, item: Instruction, missing: set[str], told: set[str]) -> Iterator[Finding]:
    script = item.script
    for use in script.uses:
        if use.name not in missing or use.guarded or use.name in told or use.name in script.assigned:
            continue
        if any(use.name == mount.get("env") for mount in item.mounts):
            continue
        told.add(use.name)
        later = any(use.name in dict(other.declared) for other in stage.instructions if other.name == "ARG")
        yield UNDECLARED_ARGUMENT.at(
            dockerfile.name,
            use.line,
            f"${use.name} is empty here: {_reason(dockerfile, stage, use.name, later=later)}",
            f"`ARG {use.name}` {'before this step' if later else 'after the FROM of this stage'}",
            [Edit(dockerfile.name, item.line, item.line, f"ARG {use.name}\n")],
        )


def _reason(dockerfile: Dockerfile, stage: Stage, name: str, *, later: bool) -> str:
    if later:
        return f"{stage.title} declares it only after this step"
    if name in dockerfile.arguments:
        return f"it is declared before the first FROM, and {stage.title} does not declare it again"
    if name in _PLATFORM:
        return f"BuildKit gives it to stages that declare it, and {stage.title} does not"
    return f"another stage declares it, and {stage.title} does not"


def _known(stage: Stage, until: Instruction) -> set[str]:
    """Return the variables that are set in a stage before an instruction."""
    known: set[str] = set()
    for item in stage.chain():
        if item is until:
            break
        if item.name == "ARG":
            known |= {name for name, _ in item.declared}
        elif item.name == "ENV":
            known |= {name for name, _ in item.pairs}
    return known


FAMILY = Family("P3", "Arguments in their stage", (UNDECLARED_ARGUMENT, UNDECLARED_PORT), dockerfile=_check)
