"""P5: a binary that does not run where it lands: not static in `scratch`, of another C library or another platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pipeline.detect import GoService
from pipeline.detect.syntax import line, text, walk
from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage
from pipeline.doctor.facts import Step, image, libc, lineage_steps, steps
from pipeline.doctor.linked import chains
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity
from pipeline.doctor.service import ServiceFolder

_COMPILERS = {"build-base", "gcc", "musl-dev", "build-essential", "g++", "clang"}

_GO = {
    "Dockerfile": """\
FROM golang:1.25.3 AS build
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd ./cmd
RUN go build -trimpath -o /bin/app ./cmd/server
FROM scratch
COPY --from=build /bin/app /bin/app
USER 1001:1001
ENTRYPOINT ["/bin/app"]
""",
    "cmd/server/main.go": "package main\n\nfunc main() {}\n",
}
_NODE = {
    "Dockerfile": """\
FROM node:22.11.0-alpine AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
FROM node:22.11.0-alpine
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY src ./src
USER node
"""
}

NOT_STATIC = Rule(
    id="P5-not-static",
    title="A Go binary that may need a C library, in an image that has none",
    why="With a C compiler at hand Go links `net` and `os/user` against the C library. In `scratch` or on a distroless static "
    "base the start then ends with `no such file or directory`, which names the binary and means its loader.",
    severity=Severity.ERROR,
    bad={**_GO, "Dockerfile": _GO["Dockerfile"].replace("ENV CGO_ENABLED=0\n", "")},
    good=_GO,
)
CGO_SERVICE = Rule(
    id="P5-cgo",
    title="A Go service that needs C, built without it",
    why="A package that calls C is left out or fails at its first call when cgo is off, and needs its C library when it is on.",
    severity=Severity.ERROR,
    bad={
        "pipeline.toml": '[services.app]\npath = "app"\n[services.app.go]\ncgo = false\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": 'package main\n\n// int one() { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n',
    },
    good={
        "pipeline.toml": '[services.app]\npath = "app"\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": 'package main\n\n// int one() { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n',
    },
)
GO_PLUGIN = Rule(
    id="P5-plugin",
    title="A Go program that loads plugins",
    why="Package `plugin` needs cgo and a dynamic loader: in a static binary `plugin.Open` always fails.",
    severity=Severity.ERROR,
    bad={
        "pipeline.toml": '[services.app]\npath = "app"\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": 'package main\n\nimport "plugin"\n\nfunc main() { plugin.Open("x.so") }\n',
    },
    good={
        "pipeline.toml": '[services.app]\npath = "app"\n',
        "app/go.mod": "module example.com/app\n\ngo 1.25\n",
        "app/main.go": "package main\n\nfunc main() {}\n",
    },
)
_VENDORED = {
    "pipeline.toml": '[services.app]\npath = "app"\n',
    "app/go.mod": "module example.com/app\n\ngo 1.25\n\nrequire example.com/c v1.0.0\n",
    "app/go.sum": "",
    "app/main.go": 'package main\n\nimport "example.com/c"\n\nfunc main() { println(c.One()) }\n',
    "app/vendor/modules.txt": "# example.com/c v1.0.0\n## explicit; go 1.25\nexample.com/c\n",
    "app/vendor/example.com/c/c.go": "package c\n\nfunc One() int { return 1 }\n",
}
CGO_DEPENDENCY = Rule(
    id="P5-cgo-dependency",
    title="A dependency that needs C, in a program built without it",
    why="Without C nothing of the package is built, or a stand-in that fails at its first call: databases and codecs do so. "
    "`go list -deps` tells what a program is linked from; go.mod, where tools and tests stand too, does not.",
    severity=Severity.ERROR,
    bad={
        **_VENDORED,
        "app/vendor/example.com/c/c.go": 'package c\n\n// int one() { return 1; }\nimport "C"\n\n'
        "func One() int { return int(C.one()) }\n",
    },
    good=_VENDORED,
)
OUTPUT_FOLDER = Rule(
    id="P5-output-folder",
    title="`go build -o NAME`, where NAME is a folder",
    why="Go then writes the binary into the folder, under the package's name: the path that later steps take is the folder.",
    severity=Severity.ERROR,
    bad={
        **_GO,
        "Dockerfile": _GO["Dockerfile"]
        .replace("COPY cmd ./cmd", "COPY . .")
        .replace("-o /bin/app", "-o server")
        .replace("/bin/app /bin/app", "/src/server /bin/app"),
        "server/routes.go": "package server\n",
        ".dockerignore": ".git\n",
    },
    good=_GO,
)
OTHER_LIBC = Rule(
    id="P5-other-libc",
    title="Dependencies built for another C library than they run on",
    why="Native addons are compiled or chosen for the C library at hand. On the other one they fail when they are loaded.",
    severity=Severity.ERROR,
    bad={"Dockerfile": _NODE["Dockerfile"].replace("FROM node:22.11.0-alpine\n", "FROM node:22.11.0-slim\n")},
    good=_NODE,
)
OTHER_PLATFORM = Rule(
    id="P5-other-platform",
    title="Dependencies or a binary made on the build platform, run on another",
    why="What a stage on `$BUILDPLATFORM` makes is for the builder's own processor, unless it is told the target's.",
    severity=Severity.ERROR,
    bad={
        "Dockerfile": _NODE["Dockerfile"].replace(
            "FROM node:22.11.0-alpine AS", "FROM --platform=$BUILDPLATFORM node:22.11.0-alpine AS"
        )
    },
    good=_NODE,
)
OTHER_MAJOR = Rule(
    id="P5-other-node",
    title="Dependencies installed with one major version of Node, run with another",
    why="Native addons are built for one version of Node's binary interface, and the lockfile's choices for one `engines`.",
    severity=Severity.WARNING,
    bad={"Dockerfile": _NODE["Dockerfile"].replace("node:22.11.0-alpine AS", "node:20.18.0-alpine AS")},
    good=_NODE,
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        yield from _outputs(dockerfile, stage)
        for item in stage.instructions:
            source = dockerfile.stage(item.flag("from")) if item.name == "COPY" and item.flag("from") else None
            if source is None or source is stage:
                continue
            if stage in dockerfile.final.lineage:
                yield from _binary(dockerfile, item, source, stage)
            if any("node_modules" in path for path in item.copied):
                yield from _modules(dockerfile, item, source, stage)


def _go_builds(dockerfile: Dockerfile, stage: Stage) -> Iterator[Step]:
    for step in lineage_steps(dockerfile, stage):
        if step.command.starts("go", "build") or step.command.starts("go", "install"):
            yield step


def _binary(dockerfile: Dockerfile, item: Instruction, source: Stage, stage: Stage) -> Iterator[Finding]:
    builds = [step for step in _go_builds(dockerfile, source) if _makes(step, item)]
    if not builds:
        return
    step = builds[-1]
    if libc(stage) == "none" and not _cgo_decided(dockerfile, step) and _has_compiler(dockerfile, source):
        base = image(stage.image)
        yield NOT_STATIC.at(
            dockerfile.name,
            step.command.line,
            f"CGO_ENABLED is left to chance, and {base.short} (line {stage.line}) has no C library",
            "`ENV CGO_ENABLED=0` before the build",
            [Edit(dockerfile.name, step.instruction.line, step.instruction.line, "ENV CGO_ENABLED=0\n")],
        )
    if source.platform in {"$BUILDPLATFORM", "${BUILDPLATFORM}"} and not stage.platform and not _targets(step):
        yield OTHER_PLATFORM.at(
            dockerfile.name,
            step.command.line,
            f"{source.title} is on the build platform, and the build is not told the target's",
            "`ARG TARGETOS TARGETARCH`, then `GOOS=$TARGETOS GOARCH=$TARGETARCH go build …`",
        )


def _makes(step: Step, item: Instruction) -> bool:
    """Whether a build makes what a `COPY` takes: by the path's last part, where the build names its output."""
    output = _output(step)
    names = {PurePosixPath(path).name for path in item.copied}
    return not output or "$" in output or PurePosixPath(output).name in names or any("*" in name for name in names)


def _output(step: Step) -> str:
    words = step.command.words
    found = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-o"]
    return found[0] if found else next((word[3:] for word in words if word.startswith("-o=")), "")


def _cgo_decided(dockerfile: Dockerfile, step: Step) -> bool:
    """Whether something says if C is linked, or that the linking is static."""
    if "CGO_ENABLED" in step.command.variables or any("-static" in word for word in step.command.words):
        return True
    if "CGO_ENABLED" in step.instruction.script.assigned or any("netgo" in word for word in step.command.words):
        return True
    for item in step.stage.chain():
        if item is step.instruction:
            break
        if "CGO_ENABLED" in {
            name for name, _ in (item.pairs if item.name == "ENV" else item.declared if item.name == "ARG" else ())
        }:
            return True
    return any(
        other.command.starts("go", "env") and any(word.startswith("CGO_ENABLED=") for word in other.command.words)
        for other in lineage_steps(dockerfile, step.stage)
    )


def _has_compiler(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether a C compiler is at hand, without which Go links no C: Debian's image of Go has one, Alpine's has none."""
    if libc(stage) == "glibc":
        return True
    return any(_COMPILERS.intersection(step.command.words) for step in lineage_steps(dockerfile, stage))


def _targets(step: Step) -> bool:
    told = {"GOARCH", "GOOS"}
    # The wrappers of tonistiigi/xx take the target from the stage's arguments.
    if any(
        item.name == "RUN" and any(command.program.startswith("xx-") for command in item.script.commands)
        for item in step.stage.chain()
    ):
        return True
    if told.intersection(step.command.variables) or told.intersection(step.instruction.script.assigned):
        return True
    return any(told.intersection(name for name, _ in item.pairs) for item in step.stage.chain() if item.name == "ENV")


def _outputs(dockerfile: Dockerfile, stage: Stage) -> Iterator[Finding]:
    whole = any(item.from_context and "." in item.copied for item in stage.chain())
    for step in steps(dockerfile, stage):
        output = _output(step) if step.command.starts("go", "build") else ""
        name = output.removeprefix("./")
        if name and "/" not in name and "$" not in name and whole and dockerfile.context.is_folder(name):
            yield OUTPUT_FOLDER.at(
                dockerfile.name,
                step.command.line,
                f"{name} is a folder of the context: the binary lands in {name}/, under the package's name",
                f"`-o /bin/{name}`",
            )


def _modules(dockerfile: Dockerfile, item: Instruction, source: Stage, stage: Stage) -> Iterator[Finding]:
    place = item.line_of("node_modules")
    made, run = libc(source), libc(stage)
    if {made, run} == {"musl", "glibc"}:
        yield OTHER_LIBC.at(
            dockerfile.name,
            place,
            f"node_modules of {source.title} is made for {made} ({source.image}), and runs on {run} ({stage.image})",
            "install on the base that runs, or on one with the same C library",
        )
    if source.platform in {"$BUILDPLATFORM", "${BUILDPLATFORM}"} and not stage.platform:
        yield OTHER_PLATFORM.at(
            dockerfile.name,
            place,
            f"node_modules of {source.title} is made on the build platform: native addons do not run on another",
            "install in a stage without `--platform=$BUILDPLATFORM`",
        )
    first, second = _major(source), _major(stage)
    if first and second and first != second:
        yield OTHER_MAJOR.at(
            dockerfile.name,
            place,
            f"node_modules of {source.title} is installed by Node {first}, and run by Node {second}",
            "one version in all stages: `ARG NODE_VERSION=…` before the first FROM",
        )


def _major(stage: Stage) -> str:
    found = image(stage.image)
    number = re.match(r"(\d+)", found.tag)
    return number[1] if found.short == "node" and found.known and number else ""


def _service(service: ServiceFolder) -> Iterator[Finding]:
    if service.kind != "go":
        return
    yield from _dependencies(service)
    static = isinstance(service.detected, GoService) and service.detected.cgo != "dynamic"
    for program in service.programs:
        if b'"C"' not in program.content and b'"plugin"' not in program.content:
            continue
        root = program.tree()
        for spec in walk(root, "import_spec") if root else ():
            name = text(spec.child_by_field_name("path")).strip('"`')
            if name == "C" and service.settings.go.cgo is False:
                yield CGO_SERVICE.at(
                    program.name,
                    line(spec),
                    f"this file calls C, and `go.cgo` of {service.name} is false",
                    'take the line away, or `cgo = "static"`',
                )
            elif name == "plugin" and static:
                yield GO_PLUGIN.at(
                    program.name, line(spec), "plugins need a dynamic binary", 'link the code in, or `cgo = "dynamic"`'
                )


def _dependencies(service: ServiceFolder) -> Iterator[Finding]:
    for chain in chains(service.packages):
        if place := next(filter(None, (_imported(service, name) for name in reversed(chain[1:]))), None):
            yield CGO_DEPENDENCY.at(
                *place,
                f"{chain[-1]} needs C, and C is not linked: {' imports '.join(chain)}",
                'link it, `go = { cgo = "static" }`, or take a package that needs none',
            )


def _imported(service: ServiceFolder, name: str) -> tuple[str, int] | None:
    """Return the file and line of the service's own that import a package."""
    for program in service.programs:
        root = program.tree() if name.encode() in program.content else None
        for spec in walk(root, "import_spec") if root else ():
            if text(spec.child_by_field_name("path")).strip('"`') == name:
                return program.name, line(spec)
    return None


FAMILY = Family(
    "P5",
    "Binaries that run where they land",
    (NOT_STATIC, CGO_SERVICE, CGO_DEPENDENCY, GO_PLUGIN, OUTPUT_FOLDER, OTHER_LIBC, OTHER_PLATFORM, OTHER_MAJOR),
    dockerfile=_check,
    service=_service,
)
