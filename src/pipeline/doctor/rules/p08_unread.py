"""P8: what is set and has no effect: a configuration file that no stage takes, a build argument that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import FILE_NAME
from pipeline.config.faults import line_of
from pipeline.detect import GoService
from pipeline.doctor.dockerfile import Dockerfile, Instruction
from pipeline.doctor.facts import lineage_steps
from pipeline.doctor.model import Family, Finding, Rule, Severity
from pipeline.doctor.service import ServiceFolder

_PREDEFINED = re.compile(
    r"\A(?:(?:HTTP|HTTPS|FTP|NO|ALL)_PROXY|(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|BUILDKIT_\w+|SOURCE_DATE_EPOCH)\Z",
    re.IGNORECASE,
)
_CONFIG_FILE = re.compile(r"\.(?:ya?ml|json|toml|ini|conf)\Z")
_GIT = {"describe", "rev-parse", "log", "show", "rev-list", "status", "tag"}

_ARGUMENTS = """\
ARG GO_VERSION=1.25.3
FROM golang:${GO_VERSION} AS build
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -ldflags "-X main.version=$VERSION" -o /bin/app ./cmd/server
FROM scratch
COPY --from=build /bin/app /bin/app
USER 1001:1001
ENTRYPOINT ["/bin/app"]
"""
_SERVICE = {
    "pipeline.toml": '[services.app]\npath = "app"\n',
    "app/go.mod": "module example.com/app\n\ngo 1.25\n",
    "app/main.go": "package main\n\nfunc main() {}\n",
    "app/config/production.yaml": "port: 8080\n",
}

UNREAD_ARGUMENT = Rule(
    id="P8-unread-argument",
    title="A build argument that nothing reads",
    why="Whoever sets it believes that it changes the image. Often it is declared in another stage than the one that reads it.",
    severity=Severity.WARNING,
    bad={
        "Dockerfile": _ARGUMENTS.replace("ARG VERSION=dev\n", "")
        .replace("$VERSION", "1")
        .replace("USER 1001:1001\n", "USER 1001:1001\nARG VERSION=dev\n")
    },
    good={"Dockerfile": _ARGUMENTS},
)
UNREAD_SETTING = Rule(
    id="P8-unread-setting",
    title="A build argument of a service that nothing reads",
    why="Whoever sets it with `--build-arg` believes that it changes the image.",
    severity=Severity.WARNING,
    bad={**_SERVICE, "pipeline.toml": '[services.app]\npath = "app"\n[services.app.build]\nargs = { VERSION = "dev" }\n'},
    good={
        **_SERVICE,
        "pipeline.toml": '[services.app]\npath = "app"\n[services.app.build]\nargs = { VERSION = "dev" }\n'
        '[services.app.go]\nvars = { "main.version" = "${VERSION}" }\n',
    },
)
CONFIG_FILE = Rule(
    id="P8-config-file",
    title="A configuration file that no stage takes",
    why="The service starts with its defaults, and the file is edited in vain.",
    severity=Severity.WARNING,
    bad={**{key: value for key, value in _SERVICE.items() if "config" not in key}, "app/config/prod.yaml": "port: 8080\n"},
    good=_SERVICE,
)
NO_HISTORY = Rule(
    id="P8-no-history",
    title="`git` in a build whose context has no history",
    why="`.dockerignore` keeps `.git` out, rightly: the command fails or prints nothing, and the version in the binary is empty.",
    severity=Severity.ERROR,
    bad={
        "Dockerfile": "FROM golang:1.25.3 AS build\nWORKDIR /src\nCOPY . .\n"
        'RUN go build -ldflags "-X main.version=$(git describe --tags)" -o /bin/app ./cmd/server\n',
        ".dockerignore": ".git\n",
    },
    good={
        "Dockerfile": "FROM golang:1.25.3 AS build\nWORKDIR /src\nCOPY . .\nARG VERSION=dev\n"
        'RUN go build -ldflags "-X main.version=$VERSION" -o /bin/app ./cmd/server\n',
        ".dockerignore": ".git\n",
    },
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    yield from _global_arguments(dockerfile)
    yield from _stage_arguments(dockerfile)
    yield from _history(dockerfile)


def _global_arguments(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Find arguments before the first `FROM` that no `FROM` names and no stage declares again."""
    everything = "\n".join(dockerfile.lines)
    for name, (_, line) in dockerfile.arguments.items():
        if len(re.findall(rf"\b{name}\b", everything)) == 1 and not _PREDEFINED.match(name):
            yield UNREAD_ARGUMENT.at(
                dockerfile.name,
                line,
                f"no FROM names {name}, and no stage declares it again",
                f"`ARG {name}` in the stage that reads it, or take it away",
            )


def _stage_arguments(dockerfile: Dockerfile) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        for item in stage.instructions:
            for name, _ in item.declared if item.name == "ARG" else ():
                if _PREDEFINED.match(name):
                    continue
                after = [
                    other
                    for member in dockerfile.descendants(stage)
                    for other in member.instructions
                    if member is not stage or other.line > item.line
                ]
                # A command may read it from its environment, unseen.
                if not any(other.name in {"RUN", "ONBUILD"} or _names(other, name) for other in after):
                    yield UNREAD_ARGUMENT.at(
                        dockerfile.name,
                        item.line,
                        f"nothing after this line in {stage.title} reads {name}, and no command runs that could",
                        "declare it in the stage that reads it, or take it away",
                    )


def _names(item: Instruction, name: str) -> bool:
    return any(re.search(rf"\$\{{?{name}\b", line) for line in item.lines)


def _history(dockerfile: Dockerfile) -> Iterator[Finding]:
    if dockerfile.context.takes(".git"):
        return
    for stage in dockerfile.stages:
        made = False
        for step in lineage_steps(dockerfile, stage):
            command = step.command
            if command.program != "git":
                continue
            subcommand = command.operands[0] if command.operands else ""
            made = made or subcommand in {"clone", "init"}
            bound = any(mount["type"] == "bind" and "from" not in mount for mount in step.instruction.mounts)
            if step.stage is stage and subcommand in _GIT and not made and not bound:
                yield NO_HISTORY.at(
                    dockerfile.name,
                    command.line,
                    f"`git {subcommand}` needs `.git`, and {dockerfile.context.ignore_name} keeps it out",
                    "`ARG VERSION`, set outside: `--build-arg VERSION=$(git describe --tags)`",
                )


def _service(service: ServiceFolder) -> Iterator[Finding]:
    yield from _settings(service)
    if isinstance(service.detected, GoService) and not service.detected.config:
        taken = {Path(name).parts[0] for name in service.detected.image.files}
        for folder in ("config", "configs", "conf"):
            found = sorted(path.name for path in (service.folder / folder).glob("prod*") if _CONFIG_FILE.search(path.name))
            if found and folder not in taken:
                yield CONFIG_FILE.at(
                    service.shown(f"{folder}/{found[0]}"),
                    0,
                    f"no stage of {service.name} takes this file",
                    f'`config = "{folder}/{found[0]}"` in [services.{service.name}.go]',
                )


def _settings(service: ServiceFolder) -> Iterator[Finding]:
    build, go = service.settings.build, service.settings.go
    values = (*build.env.values(), *go.vars.values(), *build.before, go.ldflags)
    file = service.root / FILE_NAME
    for name in build.args:
        if service.kind == "go" and not build.before and not any(f"${{{name}}}" in value for value in values):
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            yield UNREAD_SETTING.at(
                FILE_NAME,
                line_of(text, ["services", service.name, "build", "args"]),
                f"nothing of {service.name} reads the build argument {name}",
                f'name it where it is meant: `vars = {{ "main.version" = "${{{name}}}" }}`, or take it away',
            )


FAMILY = Family(
    "P8",
    "Settings without effect",
    (UNREAD_ARGUMENT, UNREAD_SETTING, CONFIG_FILE, NO_HISTORY),
    dockerfile=_check,
    service=_service,
)
