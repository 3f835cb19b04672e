"""The final image's configuration, the same for every kind of service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagger
from dagger import dag

from pipeline.bases.model import Role
from pipeline.graph import Layers
from pipeline.stages.context import EPOCH, Context


@dataclass(frozen=True, slots=True)
class Layered:
    """An image that grows by layers: whole, and as it is kept elsewhere."""

    whole: dagger.Container
    kept: dagger.Container

    def with_layer(self, tree: dagger.Directory) -> Layered:
        """Return the image with one layer more."""
        return Layered(self.whole.with_directory("/", tree), self.kept.with_directory("/", tree))


@dataclass(frozen=True, slots=True)
class Ground:
    """What an image's layers are laid over.

    Parameters
    ----------
    digest:
        "" where it is not pinned, and for nothing.
    is_here:
        Whether every machine that builds has it, since it is nothing or an archive. Another one an engine has to fetch or to make, so
        it is kept with an image's layers.
    """

    container: dagger.Container
    title: str
    digest: str
    platform: str
    is_here: bool

    @classmethod
    def of(cls, context: Context, role: Role, version: str, platform: str, packages: tuple[str, ...]) -> Ground:
        """Return one of our bases."""
        base = context.bases.describe(role, version, platform, packages)
        container = context.bases.container(role, version, platform, packages)
        return cls(container, base.title, base.digest, platform, context.bases.has(base))

    @classmethod
    def at(cls, address: str, platform: str) -> Ground:
        """Return an image of the user's own."""
        found = dag.container(platform=dagger.Platform(platform)).from_(address)
        return cls(found, address, address.partition("@")[2], platform, is_here=False)

    @classmethod
    def nothing(cls, platform: str) -> Ground:
        """Return what an image lies on that has no base."""
        return cls(dag.container(platform=dagger.Platform(platform)), "scratch", "", platform, is_here=True)

    def image(self, context: Context, stage: str) -> Layered:
        """Return the image that has no layers yet."""
        kept = dag.container(platform=dagger.Platform(self.platform)) if self.is_here else self.container
        return Layered(context.named(self.container, stage), context.named(kept, stage))

    def restored(self, context: Context, stage: str, known: dagger.Container) -> Layered:
        """Return the image with the layers of one that was kept."""
        if self.is_here:
            return self.image(context, stage).with_layer(known.rootfs())
        whole = context.named(known, stage)
        return Layered(whole, whole)

    def layers(self, image: Layered) -> Layers:
        """Return an image's layers as they are kept."""
        return Layers(image.kept, "" if self.is_here else self.digest, self.platform)


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
