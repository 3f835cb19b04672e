"""What is told of a container's image configuration: its base's, and what was set since."""

from __future__ import annotations

import re
from typing import Any

from daglet import imageconfig
from daglet import operations as ops
from daglet.evaluate import Evaluator
from daglet.resolve.table import Resolver, serves

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


async def configuration(evaluator: Evaluator, container: ops.Container) -> dict[str, Any]:
    """Return a container's configuration, its variables and labels by name."""
    base, settings = imageconfig.made_of(container)
    return imageconfig.settled(await evaluator.configuration(base), settings)


def expanded(value: str, config: dict[str, Any]) -> str:
    """Return a value with the variables of a configuration in the place of their names, nothing in that of unknown ones."""
    return _VARIABLE.sub(lambda match: str(config["Env"].get(match[1] or match[2], "")), value)


def _text(name: str) -> Resolver:
    async def resolver(evaluator: Evaluator, container: ops.Container) -> str:
        return str((await configuration(evaluator, container)).get(name) or "")

    return resolver


def _words(name: str) -> Resolver:
    async def resolver(evaluator: Evaluator, container: ops.Container) -> list[str]:
        return list((await configuration(evaluator, container)).get(name) or ())

    return resolver


def _entry(field: str) -> Resolver:
    async def resolver(evaluator: Evaluator, container: ops.Container, *, name: str) -> str | None:
        entries: dict[str, str] = (await configuration(evaluator, container))[field]
        return entries.get(name)

    return resolver


serves("Container", "user")(_text("User"))
serves("Container", "workdir")(_text("WorkingDir"))
serves("Container", "entrypoint")(_words("Entrypoint"))
serves("Container", "defaultArgs")(_words("Cmd"))
serves("Container", "envVariable")(_entry("Env"))
serves("Container", "label")(_entry("Labels"))
