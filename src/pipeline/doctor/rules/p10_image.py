"""P10: no health check, the root user, a shell-form command, a base image that is not pinned."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage
from pipeline.doctor.facts import NON_ROOT, Image, for_development, image, lineage_steps, serves
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity

_DIGEST = "sha256:" + "0" * 64
_MANAGERS = {"npm", "pnpm", "yarn", "npx", "pnpx", "bunx", "corepack"}
_FLOATING = {"", "latest", "lts", "current", "stable", "edge", "alpine", "slim", "master", "main", "nightly", "mainline"}
_MOVING = {"latest", "lts", "current", "stable", "edge", "mainline"}
"""What a tag begins with that names no version, whatever follows (`lts-alpine`)."""

_DROPS_PRIVILEGES = {"gosu", "su-exec", "setpriv", "s6-setuidgid"}
_NUMBERED = re.compile(r"\A(?:root|0)(?::.*)?\Z")

_GOOD = {
    "Dockerfile": f"""\
FROM node:22.11.0-slim@{_DIGEST}
WORKDIR /app
COPY dist ./dist
USER node
EXPOSE 3000
HEALTHCHECK CMD ["node", "dist/health.js"]
CMD ["node", "dist/index.js"]
"""
}


def _bad(old: str, new: str) -> dict[str, str]:
    return {"Dockerfile": _GOOD["Dockerfile"].replace(old, new)}


ROOT_USER = Rule(
    id="P10-root-user",
    title="The service runs as root",
    why="A fault in the service is then a fault with all rights in the container, and one step from the machine.",
    severity=Severity.WARNING,
    bad=_bad("USER node\n", ""),
    good=_GOOD,
)
ENV_USER = Rule(
    id="P10-env-user",
    title="`ENV USER=…`, where `USER` is meant",
    why="A variable of that name changes nothing: the service still runs as root.",
    severity=Severity.ERROR,
    bad=_bad("USER node\n", "ENV USER=node\n"),
    good=_GOOD,
)
NO_HEALTH_CHECK = Rule(
    id="P10-no-health-check",
    title="No health check",
    why="A service that hangs is taken for one that runs. (Kubernetes has probes of its own and reads none of an image.)",
    severity=Severity.NOTE,
    bad=_bad('HEALTHCHECK CMD ["node", "dist/health.js"]\n', ""),
    good=_GOOD,
)
SHELL_FORM = Rule(
    id="P10-shell-form",
    title="The start command is in shell form",
    why="A shell is started that starts the service and hands no signal on: a stop waits 10 s and then kills.",
    severity=Severity.WARNING,
    bad=_bad('CMD ["node", "dist/index.js"]', "CMD node dist/index.js"),
    good=_GOOD,
    buildkit="JSONArgsRecommended",
)
START_WRAPPER = Rule(
    id="P10-start-wrapper",
    title="The service is started through a package manager",
    why="The package manager is the process that gets the signals, needs memory and a writable home, and has to be in the image.",
    severity=Severity.WARNING,
    bad=_bad('CMD ["node", "dist/index.js"]', 'CMD ["npm", "start"]'),
    good=_GOOD,
)
FLOATING_TAG = Rule(
    id="P10-floating-tag",
    title="A base image whose tag names no version",
    why="It is another image tomorrow, another major version included, and no build can be repeated.",
    severity=Severity.WARNING,
    bad=_bad(f"node:22.11.0-slim@{_DIGEST}", "node:latest"),
    good=_GOOD,
)
NO_DIGEST = Rule(
    id="P10-no-digest",
    title="A base image without a digest",
    why="Tags move: two builds of the same commit may stand on different bases, and nobody chose the change.",
    severity=Severity.NOTE,
    bad=_bad(f"@{_DIGEST}", ""),
    good=_GOOD,
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    yield from _bases(dockerfile)
    if serves(dockerfile.final) and not for_development(dockerfile):
        yield from _user(dockerfile)
        yield from _start(dockerfile)
        yield from _health(dockerfile)


def _bases(dockerfile: Dockerfile) -> Iterator[Finding]:
    seen: set[str] = set()
    for stage in dockerfile.stages:
        found = image(stage.base)
        if stage.parent or stage.open or found.name == "scratch" or not found.known or found.digest or stage.base in seen:
            continue
        seen.add(stage.base)
        if found.tag in _FLOATING or found.tag.partition("-")[0] in _MOVING:
            tag = f"the tag {found.tag!r}" if found.tag else "no tag"
            yield FLOATING_TAG.at(
                dockerfile.name,
                stage.line,
                f"{stage.base} has {tag}: any version",
                "name the version and, to be able to repeat a build, the digest",
            )
        else:
            yield NO_DIGEST.at(
                dockerfile.name,
                stage.line,
                f"{stage.base} is whatever the tag means today",
                f"`FROM {stage.base}@sha256:…` (`docker buildx imagetools inspect {stage.base}` shows it)",
            )


def _user(dockerfile: Dockerfile) -> Iterator[Finding]:
    final = dockerfile.final
    for item in final.chain():
        for name, value in item.pairs if item.name == "ENV" else ():
            if name == "USER" and not final.last("USER"):
                same = [Edit(dockerfile.name, item.line, item.end, f"USER {value}\n")] if len(item.pairs) == 1 else []
                yield ENV_USER.at(
                    dockerfile.name,
                    item.line_of("USER"),
                    f"`ENV USER={value}` sets a variable, and the service runs as root",
                    f"`USER {value}`",
                    same,
                )
                return
    user = final.last("USER")
    if user is not None and user.args and not _NUMBERED.match(user.args[0]):
        return
    if _drops_privileges(dockerfile, final) or (user is None and (final.open or not _is_root_by_default(image(final.image)))):
        return
    created = _created_user(dockerfile, final)
    reason = "USER is root at the end" if user else "no USER, so the service runs as root"
    if created:
        reason += f", and the user {created} that is made is never used"
    yield ROOT_USER.at(dockerfile.name, (user or final.opening).line, reason, f"`USER {created or _suggested(final)}`")


def _suggested(stage: Stage) -> str:
    return "node" if image(stage.image).short == "node" else "1001:1001"


def _is_root_by_default(base: Image) -> bool:
    """Whether an image is known to run as root: of others' images nothing is known."""
    address = f"{base.registry}/{base.name}:{base.tag}"
    return base.known and not NON_ROOT.search(address) and (base.official or "distroless" in base.name)


def _drops_privileges(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether the start leaves root by itself: with a tool for it, or in a script that nobody here has read."""
    words = [word for step in lineage_steps(dockerfile, stage) for word in step.command.words]
    entry = [*_words(stage.last("ENTRYPOINT")), *_words(stage.last("CMD"))]
    return any(word.rpartition("/")[2].partition("=")[0] in _DROPS_PRIVILEGES for word in (*words, *entry))


def _words(item: Instruction | None) -> tuple[str, ...]:
    return tuple(word for command in item.script.commands for word in command.words) if item else ()


def _created_user(dockerfile: Dockerfile, stage: Stage) -> str:
    for step in lineage_steps(dockerfile, stage):
        command = step.command
        if command.program in {"useradd", "adduser"} and command.operands:
            return command.operands[-1] if command.program == "useradd" else _adduser(command.words)
    return ""


def _adduser(words: tuple[str, ...]) -> str:
    """Return the user that `adduser` makes: its options take values, and a group may follow."""
    taking = {"-u", "-G", "-h", "-s", "-g", "-k", "--uid", "--gid", "--home", "--shell", "--ingroup", "--gecos", "--group"}
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in taking - {"--group"} and rest:
            rest.pop(0)
        elif not word.startswith("-"):
            return word
    return ""


def _start(dockerfile: Dockerfile) -> Iterator[Finding]:
    entry, command = dockerfile.final.last("ENTRYPOINT"), dockerfile.final.last("CMD")
    for item in filter(None, (entry, command)):
        if not item.args or not dockerfile.shell_is_posix:
            continue
        if not item.exec_form and not dockerfile.skips("JSONArgsRecommended") and not _execs(item):
            words = _plain_words(item.args[0])
            fixed = f"{item.name} {json.dumps(words)}" if words else ""
            edits = [Edit(dockerfile.name, item.line, item.end, f"{fixed}\n")] if fixed else []
            yield SHELL_FORM.at(
                dockerfile.name,
                item.line,
                f"`{item.name} {item.args[0]}` runs below `/bin/sh -c`, which hands no signal on",
                f"`{fixed}`" if fixed else 'exec form (`["program", "argument"]`), or `exec` before the last command',
                edits,
            )
    first = entry or command
    if first and first.script.commands and first.script.commands[-1].program in _MANAGERS:
        started = " ".join(first.script.commands[-1].words)
        yield START_WRAPPER.at(
            dockerfile.name,
            first.line,
            f"`{started}` stands between the signals and the service",
            'start the program itself: `CMD ["node", …]` with what the script says',
        )


def _execs(item: Instruction) -> bool:
    return bool(re.search(r"(?:\A|[;&|]\s*)exec\s", item.args[0]))


def _plain_words(text: str) -> list[str]:
    """Return the words of a command that needs no shell, none if it needs one."""
    if re.search(r"[$`;&|<>(){}*?~#\\]|^\w+=", text):
        return []
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _health(dockerfile: Dockerfile) -> Iterator[Finding]:
    final = dockerfile.final
    if final.last("HEALTHCHECK") or not final.last("EXPOSE"):
        return
    yield NO_HEALTH_CHECK.at(
        dockerfile.name,
        final.line,
        "the image exposes a port, and nothing asks whether the service answers",
        '`HEALTHCHECK CMD ["program", "argument"]` with a program that the image holds; `HEALTHCHECK NONE` if others ask',
    )


FAMILY = Family(
    "P10",
    "The final image",
    (ROOT_USER, ENV_USER, NO_HEALTH_CHECK, SHELL_FORM, START_WRAPPER, FLOATING_TAG, NO_DIGEST),
    dockerfile=_check,
)
