"""P9: secrets, `.env`, `.git` and `node_modules` that would enter a build context or an image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.context import Context
from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage, variables
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity
from pipeline.doctor.service import ServiceFolder
from pipeline.files import plain

_SECRET_NAME = re.compile(
    r"(?:\A|_)(?:PASSWORD|PASSWD|PASS|SECRET|TOKEN|API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|CREDENTIALS?)\Z", re.IGNORECASE
)
_HARMLESS = re.compile(r"PUBLIC|_FILE|_PATH|_URL|_NAME", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\A(?:|/.*|changeme|change-me|example|dummy|placeholder|secret|password|your[-_].*|<.*>|x+|build|test|none|null|true|false)\Z",
    re.IGNORECASE,
)
_ENV_FILE = re.compile(r"\A\.env(?:\.(?![\w.-]*(?:example|sample|template|dist|schema|defaults?)\Z|test|ci)[\w.-]+)?\Z")
_KEY_FILE = re.compile(r"\A(?:id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx))\Z")
_TOKEN = re.compile(r"_(?:authToken|auth|password)\s*=\s*(?!\s*\$)\S{8,}")
_IN_ADDRESS = re.compile(r"https?://[^/\s\"'@]*\$\{?(\w+)\}?[^/\s\"'@]*@|_authToken=[\"']?\$\{?(\w+)\}?")
_LARGE = 200_000

_GOOD = {
    "Dockerfile": """\
FROM node:22.11.0-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev
COPY . .
USER node
""",
    ".dockerignore": ".git\nnode_modules\n.env*\n",
    "package.json": "{}\n",
    ".env": "DATABASE_PASSWORD=correct-horse\n",
}

IGNORE_FILE = Rule(
    id="P9-ignore-file",
    title="The whole context is copied, and `.dockerignore` does not keep out what no build needs",
    why="The history, a `node_modules` made for another system and local settings make each build slow and different from "
    "machine to machine, and end up in an image.",
    severity=Severity.WARNING,
    bad={**_GOOD, ".dockerignore": "dist\n.env*\n"},
    good=_GOOD,
)
SECRET_FILE = Rule(
    id="P9-secret-file",
    title="A file with secrets enters the image",
    why="Whoever can pull the image can read it, in whichever layer it stands and even if a later step removes it.",
    severity=Severity.ERROR,
    bad={**_GOOD, ".dockerignore": ".git\nnode_modules\n"},
    good=_GOOD,
)
SECRET_VARIABLE = Rule(
    id="P9-secret-variable",
    title="A secret as build argument or variable",
    why="Arguments stand in the image's history and variables in its configuration: `docker inspect` shows both.",
    severity=Severity.ERROR,
    bad={
        **_GOOD,
        "Dockerfile": _GOOD["Dockerfile"]
        .replace("WORKDIR /app\n", "WORKDIR /app\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\n")
        .replace("--mount=type=secret,id=npmrc,target=/root/.npmrc ", ""),
    },
    good=_GOOD,
    buildkit="SecretsUsedInArgOrEnv",
)
SECRET_IN_COMMAND = Rule(
    id="P9-secret-in-command",
    title="A command writes a secret that comes as an argument",
    why="The value stands in the image's history, and the file that it is written to in a layer.",
    severity=Severity.ERROR,
    bad={
        **_GOOD,
        "Dockerfile": _GOOD["Dockerfile"].replace(
            "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev",
            'ARG NPM_AUTH\nRUN echo "//registry.npmjs.org/:_authToken=${NPM_AUTH}" > .npmrc && npm ci --omit=dev',
        ),
    },
    good=_GOOD,
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    shipped = dockerfile.final.lineage
    for stage in dockerfile.stages:
        for item in stage.instructions:
            if item.from_context:
                yield from _copied(dockerfile, stage, item, shipped=stage in shipped)
            elif item.name in {"ARG", "ENV"} and not dockerfile.skips("SecretsUsedInArgOrEnv"):
                yield from _variables(dockerfile, stage, item)
            elif item.name == "RUN":
                yield from _commands(dockerfile, stage, item)


def _copied(dockerfile: Dockerfile, stage: Stage, item: Instruction, *, shipped: bool) -> Iterator[Finding]:
    context = dockerfile.context
    for source in item.copied:
        name = Path(source).name
        if _ENV_FILE.match(name) or name.startswith("id_rsa") or (name == ".npmrc" and _holds_token(context.folder / source)):
            yield SECRET_FILE.at(
                dockerfile.name,
                item.line_of(source),
                f"{source} is copied into {'the image' if shipped else 'a build stage'}",
                "give it at run time (variables, a mounted secret), or to one step: `RUN --mount=type=secret,id=…`",
                severity=None if shipped else Severity.WARNING,
            )
    if "." in item.copied and not item.has("exclude"):
        yield from _whole(dockerfile, stage, item, shipped=shipped)


def _whole(dockerfile: Dockerfile, stage: Stage, item: Instruction, *, shipped: bool) -> Iterator[Finding]:
    context = dockerfile.context
    for path in _secret_files(context):
        yield SECRET_FILE.at(
            dockerfile.name,
            item.line,
            f"the whole context is copied, and {context.shown(path)} is part of it"
            + ("" if shipped else " (into a build stage, whose cache may be shared)"),
            f"add {path} to {context.ignore_name}",
            [Edit(context.ignore_name, 0, 0, f"{path}\n")],
            severity=None if shipped else Severity.WARNING,
        )
    missing = [
        name for name in _unwanted(context) if context.takes(name) and not (name == ".git" and _is_meant(context, stage))
    ]
    if missing:
        kept = "there is no .dockerignore" if context.ignore_file is None else f"{context.ignore_name} does not name them"
        yield IGNORE_FILE.at(
            dockerfile.name,
            item.line,
            f"the whole context is copied, {', '.join(missing)} with it: {kept}",
            f"write {', '.join(missing)} into {context.ignore_name}",
            [Edit(context.ignore_name, 0, 0, "".join(f"{name}\n" for name in missing))],
        )


def _is_meant(context: Context, stage: Stage) -> bool:
    """Whether the history may be wanted: its bulk is left out, git is there, or a build tool runs whose steps nobody here has read."""
    if not context.takes(".git/objects"):
        return True
    words = {word for item in stage.chain() if item.name == "RUN" for command in item.script.commands for word in command.words}
    return bool(words & {"git", "make", "just", "task", "mage", "goreleaser", "alpine-sdk"}) or "build.go" in words


def _unwanted(context: Context) -> Iterator[str]:
    if context.folder == context.root or context.has(".git"):
        yield ".git"
    if context.has("package.json"):
        yield "node_modules"


def _secret_files(context: Context) -> Iterator[str]:
    for path in sorted(context.folder.iterdir()) if context.folder.is_dir() else ():
        if path.is_file() and context.takes(path.name) and _holds_secrets(path):
            yield path.name


def _holds_secrets(path: Path) -> bool:
    """Whether a file holds secrets, by its name and content: keys without a value and examples are none."""
    if _KEY_FILE.match(path.name):
        return "PRIVATE KEY" in _content(path)
    if _ENV_FILE.match(path.name):
        pairs = (line.partition("=") for line in _content(path).splitlines() if not line.lstrip().startswith("#"))
        return any(_is_secret(key.strip().removeprefix("export "), value.strip().strip("\"'")) for key, _, value in pairs)
    return path.name == ".npmrc" and _holds_token(path)


def _holds_token(path: Path) -> bool:
    return bool(_TOKEN.search(_content(path)))


def _content(path: Path) -> str:
    try:
        with plain(path).open("rb") as file:
            return file.read(_LARGE).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS.search(name) and not _PLACEHOLDER.match(value)


def _variables(dockerfile: Dockerfile, stage: Stage, item: Instruction) -> Iterator[Finding]:
    pairs = item.pairs if item.name == "ENV" else tuple((name, value or "") for name, value in item.declared)
    for name, value in pairs:
        if not _SECRET_NAME.search(name) or _HARMLESS.search(name):
            continue
        if item.name == "ENV" and (_PLACEHOLDER.match(value) or not _set_from(stage, value)):
            continue
        where = "in the image's configuration" if item.name == "ENV" else "in the image's history"
        yield SECRET_VARIABLE.at(
            dockerfile.name,
            item.line_of(name),
            f"{item.name} {name} leaves its value {where}",
            f"`RUN --mount=type=secret,id={name.lower()},env={name} …` for the step that needs it"
            if item.name == "ARG"
            else "leave it out, and set it where the container is started",
            severity=None if item.name == "ENV" or value else Severity.WARNING,
        )


def _set_from(stage: Stage, value: str) -> bool:
    """Whether a value is one: a literal, or made of arguments that the stage declares."""
    named = variables(value)
    arguments = {name for item in stage.chain() if item.name == "ARG" for name, _ in item.declared}
    return not named or bool(arguments.intersection(named))


def _commands(dockerfile: Dockerfile, stage: Stage, item: Instruction) -> Iterator[Finding]:
    arguments = {name for other in stage.chain() if other.name in {"ARG", "ENV"} for name, _ in _declared(other)}
    for command in item.script.commands:
        for word in command.words:
            found = _IN_ADDRESS.search(word)
            name = (found[1] or found[2]) if found else ""
            if name in arguments:
                yield SECRET_IN_COMMAND.at(
                    dockerfile.name,
                    command.line,
                    f"`{command.program}` writes ${name}, which is an argument, into the history and a file",
                    "mount the file as a secret: `RUN --mount=type=secret,id=npmrc,target=/root/.npmrc …`",
                )


def _declared(item: Instruction) -> tuple[tuple[str, str | None], ...]:
    return item.declared if item.name == "ARG" else item.pairs


def _service(service: ServiceFolder) -> Iterator[Finding]:
    for path in service.taken():
        if _holds_secrets(service.folder / path):
            yield SECRET_FILE.at(
                service.shown(path),
                0,
                f"the build of {service.name} takes this file",
                f'`exclude = ["{path}"]` in [services.{service.name}], and give the secret by `build.secrets` or at run time',
                severity=Severity.WARNING if service.kind == "go" else None,
            )


FAMILY = Family(
    "P9",
    "Secrets and ballast",
    (IGNORE_FILE, SECRET_FILE, SECRET_VARIABLE, SECRET_IN_COMMAND),
    dockerfile=_check,
    service=_service,
)
