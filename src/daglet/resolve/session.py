"""What a session starts from: empty values, secrets, and the machine that the client runs on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daglet import operations as ops
from daglet.evaluate import Evaluator
from daglet.resolve.table import PERMISSIONS, serves


@dataclass(frozen=True, slots=True)
class HostRoot:
    """The API's entry to the machine that the client runs on."""

    digest: str = "host"


@serves("Query", "container")
def _container(_: Evaluator, __: None, *, platform: str = "") -> ops.Container:
    return ops.Scratch(platform)


@serves("Query", "directory")
def _empty(_: Evaluator, __: None) -> ops.Directory:
    return ops.EmptyDirectory()


@serves("Query", "file")
def _file(_: Evaluator, __: None, *, name: str, contents: str, permissions: int = 0o644) -> ops.File:
    return ops.NewFile(name, contents, permissions & PERMISSIONS)


@serves("Query", "cacheVolume")
def _cache_volume(_: Evaluator, __: None, *, key: str, owner: str = "") -> ops.CacheVolume:
    return ops.CacheVolume(key, owner)


@serves("Query", "setSecret")
def _set_secret(evaluator: Evaluator, _: None, *, name: str, plaintext: str) -> ops.Secret:
    evaluator.secrets.keep(name, plaintext)
    return ops.Secret(name)


@serves("Query", "secret")
def _secret(_: Evaluator, __: None, *, uri: str) -> ops.Secret:
    return ops.Secret(uri.partition("://")[2].rpartition("/")[2], uri)


@serves("Query", "host")
def _host(_: Evaluator, __: None) -> HostRoot:
    return HostRoot()


@serves("Query", "defaultPlatform")
def _default_platform(evaluator: Evaluator, _: None = None) -> str:
    return evaluator.engines.platform


@serves("Secret", "name")
def _secret_name(_: Evaluator, secret: ops.Secret) -> str:
    return secret.name


@serves("Secret", "plaintext")
def _plaintext(evaluator: Evaluator, secret: ops.Secret) -> str:
    return evaluator.secrets.of(secret)


@serves("Host", "directory")
def _host_directory(
    _: Evaluator,
    __: HostRoot,
    *,
    path: str,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    no_cache: bool = False,
) -> ops.Directory:
    del no_cache  # A host folder is read anew by every session, and once by each.
    filters = ((include, exclude),) if include or exclude else ()
    return ops.HostDirectory(str(Path(path).resolve()), filters)


@serves("Host", "file")
def _host_file(_: Evaluator, __: HostRoot, *, path: str, no_cache: bool = False) -> ops.File:
    del no_cache
    resolved = Path(path).resolve()
    return ops.HostFile(resolved.name, str(resolved))
