"""What is known of images and package managers: names that rules look up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage
from pipeline.doctor.shell import Command

NON_ROOT = re.compile(r":?nonroot|chainguard|cgr\.dev/|bitnami|unprivileged|rootless|dhi\.io/")
"""Images whose own user is not root."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image's address in its parts."""

    registry: str
    name: str
    tag: str
    digest: str

    @property
    def official(self) -> bool:
        """Whether it is one of Docker's official images, of which is known what they hold and who runs in them."""
        return self.registry in {"", "docker.io"} and (self.name.startswith("library/") or "/" not in self.name)

    @property
    def short(self) -> str:
        """Return the name without registry and folder ("node")."""
        return self.name.rpartition("/")[2]

    @property
    def known(self) -> bool:
        """Whether the whole address is known: no variable in it."""
        return "$" not in self.registry + self.name + self.tag


def image(address: str) -> Image:
    """Return the parts of an image's address."""
    rest, _, digest = address.partition("@")
    registry, name = "", rest
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, name = head, tail
    name, _, tag = name.partition(":")
    return Image(registry, name, tag, digest)


def libc(stage: Stage) -> str:
    """Return the C library of a stage's image: "musl", "glibc", "none", or "" where that is not known."""
    found = image(stage.image)
    if found.name == "scratch":
        return "none"
    if not found.known:
        return ""
    if found.short in {"alpine", "busybox"} or "alpine" in found.tag:
        return "musl" if found.short != "busybox" else ""
    if "distroless" in found.name:
        return "none" if "static" in found.name else "glibc"
    if found.short in {"debian", "ubuntu", "node", "golang", "python"} and (found.official or "library/" in found.name):
        return "glibc"
    return ""


_TOOLS = {"alpine", "buildpack-deps", "busybox", "debian", "golang", "node", "python", "rust", "ubuntu"}
"""Official images that start nothing of use by themselves."""


def serves(stage: Stage) -> bool:
    """Whether a stage is an image that something runs from: one without a start on a toolchain is a tool of the build."""
    found = image(stage.image)
    started = any(stage.last(name) for name in ("CMD", "ENTRYPOINT", "EXPOSE"))
    return started or not (found.name == "scratch" or (found.official and found.short in _TOOLS))


_DEVELOPMENT = {"ci", "dev", "devel", "development", "e2e", "test", "testing", "tests"}
_DEVELOPMENT_SERVERS = {"dev", "nodemon", "ts-node-dev", "--watch"}


def for_development(dockerfile: Dockerfile) -> bool:
    """Whether a file makes an image for work on the service or for its tests, by its name or by what it starts."""
    started = {word for name in ("ENTRYPOINT", "CMD") if (item := dockerfile.final.last(name)) for word in item.args}
    return bool(_DEVELOPMENT.intersection(re.split(r"[/._-]", dockerfile.name)) or _DEVELOPMENT_SERVERS & started)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a `RUN`, with its instruction and stage."""

    stage: Stage
    instruction: Instruction
    command: Command


def steps(dockerfile: Dockerfile, stage: Stage) -> Iterator[Step]:
    """Yield the commands that run in a stage itself, its parents' left out."""
    if dockerfile.shell_is_posix:
        for item in stage.instructions:
            if item.name == "RUN":
                yield from (Step(stage, item, command) for command in item.script.commands)


def lineage_steps(dockerfile: Dockerfile, stage: Stage) -> Iterator[Step]:
    """Yield the commands that run in a stage, its parents' first."""
    for member in stage.lineage:
        yield from steps(dockerfile, member)


def installs(command: Command) -> str:
    """Return the package manager whose command installs a project's own dependencies, "" where it does not."""
    words, operands = command.words, command.operands
    match command.program:
        case "npm" if operands[:1] in {("ci",), ("install",), ("i",), ("clean-install",)} and not _global(words):
            return "npm" if _own(operands[1:]) else ""
        case "pnpm" if operands[:1] in {("install",), ("i",)} and not _global(words):
            return "pnpm"
        case "yarn" if (not operands or operands[0] == "install") and not _global(words) and not command.option("--version"):
            return "yarn"
        case "bun" if operands[:1] in {("install",), ("i",)} and not _global(words):
            return "bun"
        case "go" if operands[:2] == ("mod", "download"):
            return "go"
    return ""


def _global(words: tuple[str, ...]) -> bool:
    return any(word in {"-g", "--global", "--location=global", "-v", "--version", "--help"} for word in words)


def _own(operands: tuple[str, ...]) -> bool:
    """Whether an install names no package: values of options may stand among the operands."""
    return not any(
        re.match(r"@?[a-z][\w.-]*(/[\w.-]+)?(@.+)?\Z", item) and item not in {"true", "false", "dev"} for item in operands
    )


def production_only(step: Step) -> bool:
    """Whether an install leaves development dependencies out."""
    command = step.command
    if command.option("--production", "--prod", "-P", "--omit", "--only"):
        text = " ".join(command.words)
        return "=false" not in text.replace("--production=false", "=false") or "--omit" in text
    if command.variables.get("NODE_ENV") == "production":
        return True
    for item in step.stage.chain():
        if item is step.instruction:
            return False
        if item.name == "ENV" and dict(item.pairs).get("NODE_ENV") == "production":
            return True
    return False


def user_at(stage: Stage, instruction: Instruction | None = None) -> str:
    """Return the user of a stage at an instruction, at its end by default; "" where its image decides."""
    user = ""
    for item in stage.chain():
        if item is instruction:
            break
        if item.name == "USER" and item.args:
            user = item.args[0]
    return user
