"""The final image's configuration, the same for every kind of service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagger
from dagger import dag

from pipeline.stages.context import EPOCH


def layer(files: Mapping[str, dagger.Directory | dagger.File]) -> dagger.Directory:
    """Return a tree that ships as one layer: each source at its path, everything with one time.

    A tree that is made first and laid over the root as a whole gives exact times to the folders above it, too.
    """
    tree = dag.directory()
    for path, source in files.items():
        tree = tree.with_file(path, source) if isinstance(source, dagger.File) else tree.with_directory(path, source)
    return tree.with_timestamps(EPOCH)


def absolute(folders: Sequence[str], workdir: str) -> list[str]:
    """Return folders of an image by their absolute paths."""
    return [folder if folder.startswith("/") else f"{workdir}/{folder}" for folder in folders]


def writable(folders: Sequence[str], owner: str) -> dagger.Directory:
    """Return empty folders that belong to a user, given by their absolute paths."""
    tree = dag.directory()
    for folder in folders:
        tree = tree.with_new_directory(folder, permissions=0o755)
    for folder in folders:
        tree = tree.chown(folder, owner)
    return tree.with_timestamps(EPOCH)


def configured(
    container: dagger.Container, *, user: str, port: int, env: Mapping[str, str], labels: Mapping[str, str]
) -> dagger.Container:
    """Return an image with its user, port, environment and labels. Port 0 exposes none."""
    for name, value in env.items():
        container = container.with_env_variable(name, value)
    for name, value in sorted(labels.items()):
        container = container.with_label(name, value)
    if port:
        container = container.with_exposed_port(port, experimental_skip_healthcheck=True)
    return container.with_user(user)
