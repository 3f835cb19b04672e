"""What the options of node name in a start command: modules that run before the service does, and files of variables."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pipeline.config.model import NEVER_SHIPPED

_MODULES = {"-r", "--require", "--import", "--loader", "--experimental-loader"}
_VARIABLES = {"--env-file"}
_INSTALLED = "node_modules/"

WITH_A_VALUE = {
    *_MODULES,
    *_VARIABLES,
    "-C",
    "--conditions",
    "--disable-warning",
    "--dns-result-order",
    "--env-file-if-exists",
    "--icu-data-dir",
    "--max-http-header-size",
    "--openssl-config",
    "--title",
    "--unhandled-rejections",
}
"""Options whose value may be the next word."""


def read_first(command: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the service's files that node reads before the one that it runs, relative to its folder; no packages."""
    found: dict[str, None] = {}
    for name, value in _all(command, env):
        of_service = not value.startswith(("/", "../")) and not _is_never_there(name, value)
        if (name in _MODULES and value.startswith("./")) or (name in _VARIABLES and of_service):
            found[value.removeprefix("./")] = None
    return tuple(found)


def loaded_packages(command: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the packages that node loads before the file that it runs."""
    loaded = (value for name, value in _all(command, env) if name in _MODULES and not value.startswith((".", "/")))
    return tuple(dict.fromkeys(_package(value) for value in loaded))


def run_packages(command: Sequence[str]) -> tuple[str, ...]:
    """Return the packages of which a command runs a program."""
    return tuple(_package(word.removeprefix(_INSTALLED)) for word in command if word.startswith(_INSTALLED))


def _package(path: str) -> str:
    """Return the name of the package that a module's path begins with."""
    return "/".join(path.split("/")[: 2 if path.startswith("@") else 1])


def without_variables(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command that reads no `.env`: no image has one, and node ends where one is missing."""
    return tuple(word for group in _groups(command) if not _is_never_there(*_named(group)) for word in group)


def _all(command: Sequence[str], env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield node's options of a command and of its variables, with their values."""
    try:
        further = shlex.split(env.get("NODE_OPTIONS", ""))
    except ValueError:
        further = []
    yield from (_named(group) for group in (*_groups(command), *_groups(["node", *further])))


def _is_never_there(option: str, value: str) -> bool:
    return option in _VARIABLES and any(fnmatchcase(PurePosixPath(value).name, name) for name in NEVER_SHIPPED)


def _groups(command: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the words of a command, an option together with its value, and all from the file on that node runs."""
    words = list(command)
    if words[:1] == ["node"]:
        yield (words.pop(0),)
        while words and words[0].startswith("-"):
            size = 2 if words[0] in WITH_A_VALUE else 1
            yield tuple(words[:size])
            words = words[size:]
    yield tuple(words)


def _named(group: Sequence[str]) -> tuple[str, str]:
    """Return the option that a group is, and its value, "" where it has none."""
    if len(group) > 1 and group[0] in WITH_A_VALUE:
        return group[0], group[1]
    name, _, value = group[0].partition("=") if group else ("", "", "")
    return name, value
