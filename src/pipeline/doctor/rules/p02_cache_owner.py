"""P2: a cache mount that belongs to another user than the one that writes into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.doctor.dockerfile import Dockerfile, Instruction, Stage
from pipeline.doctor.facts import image, lineage_steps, user_at
from pipeline.doctor.model import Edit, Family, Finding, Rule, Severity

_USERS = {"node": "1000", "nobody": "65534", "nonroot": "65532", "bun": "1000"}
"""The numbers of users that official images bring."""

_GOOD = {
    "Dockerfile": """\
FROM node:22.11.0 AS deps
USER node
WORKDIR /home/node/app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 npm ci
"""
}

CACHE_OWNER = Rule(
    id="P2-cache-owner",
    title="A cache mount whose owner is not the user of the command",
    why="A cache mount belongs to root unless it says otherwise: the command fails with `EACCES: permission denied`, often "
    "only on the first machine that has no cache yet.",
    severity=Severity.ERROR,
    bad={"Dockerfile": _GOOD["Dockerfile"].replace(",uid=1000,gid=1000", "")},
    good=_GOOD,
)
OTHER_HOME = Rule(
    id="P2-other-home",
    title="A cache mount in root's home, for a command of another user",
    why="The command keeps its cache in its own user's home: the mount stays empty, and everything is downloaded each time.",
    severity=Severity.WARNING,
    bad={"Dockerfile": _GOOD["Dockerfile"].replace("/home/node/.npm", "/root/.npm")},
    good=_GOOD,
)


def _check(dockerfile: Dockerfile) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        for item in stage.instructions:
            for mount in item.mounts if item.name == "RUN" else ():
                if mount["type"] == "cache" and "from" not in mount:
                    yield from _mount(dockerfile, stage, item, mount)


def _mount(dockerfile: Dockerfile, stage: Stage, item: Instruction, mount: Mapping[str, str]) -> Iterator[Finding]:
    user = user_at(stage, item).partition(":")[0]
    if user in {"", "root", "0"} or "$" in user or any(command.program == "sudo" for command in item.script.commands):
        return
    target = mount.get("target", "")
    number = user if user.isdecimal() else _number(dockerfile, stage, user)
    line = item.line_of(target)
    owner = mount.get("uid", "0")
    if _open(mount.get("mode", "0755")) or "$" in owner:
        return
    if target.startswith("/root/"):
        yield OTHER_HOME.at(
            dockerfile.name,
            line,
            f"the command runs as {user}, whose cache is not in {target}",
            f"mount the cache where {user} keeps it, with `uid={number or '…'}`",
        )
    elif owner != number and (number or owner == "0"):
        whom = "root" if owner == "0" else f"user {owner}"
        fixed = f"uid={number},gid={number}" if number else "uid=…,gid=…"
        yield CACHE_OWNER.at(
            dockerfile.name,
            line,
            f"the cache mount at {target} belongs to {whom}, and the command runs as {user}",
            f"`{fixed}` in the mount",
            _edits(dockerfile, item, line, target, fixed) if number and "uid" not in mount else [],
        )


def _edits(dockerfile: Dockerfile, item: Instruction, line: int, target: str, fixed: str) -> list[Edit]:
    old = item.lines[line - item.line]
    return [Edit(dockerfile.name, line, line + 1, old.replace(f"={target}", f"={target},{fixed}", 1) + "\n")]


def _open(mode: str) -> bool:
    """Whether a mode lets everybody write."""
    return bool(re.fullmatch(r"[0-7]+", mode)) and bool(int(mode, 8) & 0o002)


def _number(dockerfile: Dockerfile, stage: Stage, user: str) -> str:
    for step in lineage_steps(dockerfile, stage):
        words = step.command.words
        if step.command.program in {"useradd", "adduser"} and user in words:
            for option in ("-u", "--uid"):
                value = next((word.partition("=")[2] for word in words if word.startswith(f"{option}=")), "")
                if option in words[:-1]:
                    value = words[words.index(option) + 1]
                if value.isdecimal():
                    return value
            return ""
    known = image(stage.image).short in {"node", "bun"} or user in {"nobody", "nonroot"}
    return _USERS.get(user, "") if known else ""


FAMILY = Family("P2", "Cache mounts of the right user", (CACHE_OWNER, OTHER_HOME), dockerfile=_check)
