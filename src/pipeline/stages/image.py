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
    """An image that grows by layers: what they lie on, and each of them as a tree."""

    ground: dagger.Container
    trees: tuple[dagger.Directory, ...] = ()

    def with_layer(self, tree: dagger.Directory) -> Layered:
        """Return the image with one layer more."""
        return Layered(self.ground, (*self.trees, tree))

    @property
    def container(self) -> dagger.Container:
        """The image, with no configuration yet but its base's."""
        container = self.ground
        for tree in self.trees:
            container = container.with_directory("/", tree)
        return container


@dataclass(frozen=True, slots=True)
class ImageBase:
    """What a final image starts from.

    Parameters
    ----------
    digest:
        "" where it is not pinned, and for nothing.
    is_here:
        Whether every machine that builds has it, since it is nothing or an archive. Another one an engine has to fetch or to make, so
        it is kept with an image's layers.
    """

    context: Context
    platform: str
    container: dagger.Container
    title: str
    digest: str
    is_here: bool

    @classmethod
    def of(cls, context: Context, platform: str, role: Role, version: str, packages: tuple[str, ...]) -> ImageBase:
        """Return one of our bases."""
        base = context.bases.describe(role, version, platform, packages)
        container = context.bases.container(role, version, platform, packages)
        return cls(context, platform, container, base.title, base.digest, context.bases.has(base))

    @classmethod
    def at(cls, context: Context, platform: str, address: str) -> ImageBase:
        """Return an image of the user's own."""
        return cls(context, platform, _nothing(platform).from_(address), address, address.partition("@")[2], is_here=False)

    @classmethod
    def nothing(cls, context: Context, platform: str) -> ImageBase:
        """Return what an image starts from that has nothing but its own layers."""
        return cls(context, platform, _nothing(platform), "scratch", "", is_here=True)

    def image(self) -> Layered:
        """Return the image that has no layers yet."""
        return Layered(self._named(self.container))

    def restored(self, known: dagger.Container) -> Layered:
        """Return the image with the layers of one that was kept."""
        return self.image().with_layer(known.rootfs()) if self.is_here else Layered(self._named(known))

    def layers(self, image: Layered) -> Layers:
        """Return an image's layers as they are to be kept."""

        def made() -> dagger.Container:
            kept = Layered(self._named(_nothing(self.platform)), image.trees) if self.is_here else image
            return kept.container

        return Layers(made, "" if self.is_here else self.digest, self.platform)

    def _named(self, container: dagger.Container) -> dagger.Container:
        return self.context.named(container, f"runtime{self.context.suffix(self.platform)}")


def _nothing(platform: str) -> dagger.Container:
    return dag.container(platform=dagger.Platform(platform))


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
