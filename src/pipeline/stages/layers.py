"""The final image as layers on a base: made, restored, and as they are kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import dagger
from dagger import dag

from pipeline.bases.model import Role
from pipeline.bases.oci import BASE_DIGEST, BASE_NAME
from pipeline.graph import Layers
from pipeline.stages.context import Context


@dataclass(frozen=True, slots=True)
class Layered:
    """An image that grows by layers: the base that they lie on, and each of them as a tree."""

    base: dagger.Container
    trees: tuple[dagger.Directory, ...] = ()

    def with_layer(self, tree: dagger.Directory) -> Layered:
        """Return the image with one layer more."""
        return Layered(self.base, (*self.trees, tree))

    @property
    def container(self) -> dagger.Container:
        """The image, with no configuration yet but its base's."""
        container = self.base
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
        is_here = context.bases.archive(base) is not None
        return cls(context, platform, container, base.title, base.digest, is_here)

    @classmethod
    def at(cls, context: Context, platform: str, address: str) -> ImageBase:
        """Return an image of the user's own."""
        return cls(context, platform, _nothing(platform).from_(address), address, address.partition("@")[2], is_here=False)

    @classmethod
    def nothing(cls, context: Context, platform: str) -> ImageBase:
        """Return what an image starts from that has nothing but its own layers."""
        return cls(context, platform, _nothing(platform), "scratch", "", is_here=True)

    @property
    def labels(self) -> dict[str, str]:
        """What an image says of its base."""
        return {BASE_NAME: self.title, **({BASE_DIGEST: self.digest} if self.digest else {})}

    @property
    def stage(self) -> str:
        """The name of the stage that is the image."""
        return f"runtime{self.context.suffix(self.platform)}"

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
        return self.context.named(container, self.stage)


def _nothing(platform: str) -> dagger.Container:
    return dag.container(platform=dagger.Platform(platform))
