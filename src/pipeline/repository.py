"""A repository as its files tell: its configuration and its services, read and checked before any engine is asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME, Config, Overrides, load, parse, select
from pipeline.detect import GoService, NodeService, detect, survey
from pipeline.detect.survey import undecided
from pipeline.errors import UsageError
from pipeline.registry.reference import check_registry


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as its files tell, before any engine is asked. `notice` says where its services were found, if not in a file."""

    root: Path
    config: Config
    services: dict[str, NodeService | GoService]
    notice: str = ""


def read(root: Path, names: Sequence[str], overrides: Overrides, file: str = FILE_NAME) -> Repository:
    """Read and check all that a command needs to know, so that bad input ends it before anything runs.

    Raises
    ------
    UsageError
        If the configuration or a service is not valid.
    """
    folder = folder_of(root, "--root")
    config, notice = configuration(folder, overrides, file)
    for named, registry in (("registry", config.registry), ("cache.registry", config.cache.registry)):
        if registry:
            check_registry(registry, named)
    chosen = select(config, names)
    services = {name: detect(folder, name, settings) for name, settings in chosen.items()}
    return Repository(folder, config, services, notice)


def folder_of(path: Path, named: str) -> Path:
    """Return the whole path of a folder that a command or an option `named`.

    Raises
    ------
    UsageError
        If it is none, or cannot be looked into.
    """
    try:
        with os.scandir(path):
            return path.resolve()
    except (FileNotFoundError, NotADirectoryError):
        msg = f"{named} {path} is no folder"
        raise UsageError(msg, hint="point it to the folder that has pipeline.toml") from None
    except OSError as error:
        msg = f"{named} {path}: {error.strerror}"
        raise UsageError(msg) from None


def configuration(folder: Path, overrides: Overrides, file: str) -> tuple[Config, str]:
    """Return the configuration of a repository: its file's, else what a survey of it comes to, with a word about that.

    Raises
    ------
    UsageError
        If it is not valid, or there is no file and the survey leaves a question open.
    """
    if file != FILE_NAME or (folder / file).exists():
        return load(folder, environ=os.environ, overrides=overrides, name=file), ""
    seen = survey(folder)
    if not seen.services or any(item.question for item in seen.services):
        raise undecided(seen)
    names = ", ".join(f"{item.name} ({item.kind}, {item.path})" for item in seen.services)
    config = parse(folder, seen.as_config(), environ=os.environ, overrides=overrides)
    return config, f"no {FILE_NAME}: found {names}; `pipeline init` writes it down"


def check_whole(repository: Repository, purpose: str) -> None:
    """Check that whole images are built, which are then to be `purpose`, such as "compared".

    Raises
    ------
    UsageError
        If the build of a service stops at a stage.
    """
    for name in repository.services:
        if target := repository.config.services[name].target:
            msg = f"whole images are {purpose}, and the build stops at {target}"
            raise UsageError(msg, service=name, hint="leave out `target`")
