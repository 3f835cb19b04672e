"""Addresses of images. Source: the OCI distribution specification, version 1.1, and the grammar of image references."""

from __future__ import annotations

import re

from pipeline.errors import UsageError

_HOST = (
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?"
)
_PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_HOST}(?:/{_PATH})*\Z")
_ADDRESS = re.compile(rf"(?P<repository>{_HOST}(?:/{_PATH})+):(?P<tag>\w[\w.-]{{0,127}})\Z")
_LOOPBACK = re.compile(r"(127(\.\d+){3}|localhost|\[::1\])(:\d+)?\Z")

_CACHE = "pipeline-cache"


def check_registry(address: str, named: str) -> None:
    """Check that something is a registry, or a place in one. `named` is the option or key that says so.

    Raises
    ------
    UsageError
        If it is not.
    """
    if not _REPOSITORY.match(address):
        msg = f"{named} {address!r} is no registry"
        raise UsageError(msg, hint="write its host, and a path below it: registry.example/team")


def cache_repository(registry: str) -> str:
    """Return the repository of stages' results in a registry: what is named, or one of its own on a bare host."""
    return registry if "/" in registry else f"{registry}/{_CACHE}"


def split(address: str) -> tuple[str, str]:
    """Return the repository and the tag of an image's address.

    Raises
    ------
    UsageError
        If it is not an address with a tag.
    """
    found = _ADDRESS.match(address)
    if not found:
        msg = f"{address!r} is no address of an image"
        raise UsageError(msg, hint="a tag has letters, digits, '_', '.' and '-'; a whole address is HOST/NAME:TAG")
    return found["repository"], found["tag"]


def host(repository: str) -> str:
    """Return the host that a repository is on."""
    return repository.partition("/")[0]


def is_loopback(repository: str) -> bool:
    """Whether a repository is on this machine: registries there commonly speak plain HTTP."""
    return bool(_LOOPBACK.match(host(repository)))
