"""What every stage is given: where sources and bases come from, and what the run is."""

from __future__ import annotations

import platform as host
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import dagger
from dagger import dag

from pipeline.bases.model import Base, BaseSet, Role
from pipeline.config.model import NEVER_SHIPPED_ANYWHERE
from pipeline.detect.model import ImageSettings, SourceFilter
from pipeline.graph import Inputs
from pipeline.stages.stamp import STAGE_VARIABLE

BUILD_USER = "1000:1000"
"""Who runs installs and compilers: nothing of a build runs as root."""

EPOCH = 0
"""The modification time of every file that ships, in seconds since 1970: equal inputs give equal layers."""

_GLOB = re.compile(r"^!|[*?\[\\]")
"""What a pattern does not take for itself."""


StageFunction = Callable[[dagger.Container, Inputs], tuple[dagger.Container, Inputs]]
"""A function of the user's own in the place of a stage."""

# What an official image lacks comes from its distribution, whose clock and caches leave nothing behind.
_ADD = """\
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
rm -rf /var/lib/apt/lists /var/cache/apt /var/cache/ldconfig /var/log/*
"""

_SHELL = ("coreutils", "dash")


def runtime_packages(image: ImageSettings) -> tuple[str, ...]:
    """Return the packages that an image's base has beside what the service's program needs in any case."""
    return (*_SHELL, *image.packages) if image.base == "shell" else ()


def default_platform() -> str:
    """Return the platform of this machine's processor, as images name it."""
    return f"linux/{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(host.machine(), host.machine()) }"


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Settings of the user's package managers. They reach commands as secrets and volatile variables, never an image."""

    npmrc: str = ""
    go: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BaseImages:
    """The bases of a run, as containers. `archives` holds the assembled ones."""

    known: BaseSet
    archives: dagger.Directory | None

    def describe(self, role: Role, version: str, platform: str, packages: tuple[str, ...] = ()) -> Base:
        """Return what is known of a base."""
        return self.known.get(role, version, platform, packages)

    def archive(self, base: Base) -> dagger.File | None:
        """Return the archive that a base is on this machine; None if an engine has to fetch or to make it."""
        return self.archives.file(base.archive) if base.archive and self.archives else None

    def container(self, role: Role, version: str, platform: str, packages: tuple[str, ...] = ()) -> dagger.Container:
        """Return a base as a container."""
        base = self.describe(role, version, platform, packages)
        fresh = dag.container(platform=dagger.Platform(platform))
        if archive := self.archive(base):
            return fresh.import_(archive)
        source = fresh.from_(base.address or "")
        if packages:
            source = source.with_volatile_variable(STAGE_VARIABLE, f"{role}/packages").with_user("0:0")
            source = source.with_exec(["sh", "-ec", _ADD, "--", *packages])
        if not base.files:
            return source
        source = source.with_volatile_variable(STAGE_VARIABLE, f"{role}/image")
        chosen = dag.directory()
        for path in base.files:
            chosen = chosen.with_file(path, source.file(path))
        for link, target in base.links:
            chosen = chosen.with_symlink(target, link)
        # What an assembled base has beside them, too: a folder for temporary files, and a home.
        chosen = chosen.with_directory("/tmp", source.directory("/tmp"))  # noqa: S108
        chosen = chosen.with_new_directory("/home/node", permissions=0o755).chown("/home/node", BUILD_USER)
        return fresh.with_directory("/", chosen.with_timestamps(EPOCH)).with_env_variable(
            "PATH", "/usr/local/bin:/usr/bin:/bin"
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What the stages of one service are made from.

    Parameters
    ----------
    source:
        The folder that the build sees, unfiltered.
    run:
        The id of the run, "" for a plan: its commands stand without stamps.
    build_platform:
        The platform that commands run on.
    platforms:
        The platforms of the images.
    labels:
        What labels every image gets, by their OCI names.
    replaced:
        The user's own functions, by the stage that they stand for.
    fresh:
        A word that no build has had: every command runs, and with empty cache volumes. "" for what the engine has.
    restored:
        What was kept of stages elsewhere and stands for running their commands, by stage.
    layered:
        Of which of them that is the final image up to the stage's result.
    volumes:
        What stages left in their cache volumes elsewhere, for those that have to run their commands.
    """

    service: str
    source: dagger.Directory
    bases: BaseImages
    run: str
    build_platform: str
    platforms: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    host: HostSettings = HostSettings()
    secrets: Mapping[str, dagger.Secret] = field(default_factory=dict)
    replaced: Mapping[str, StageFunction] = field(default_factory=dict)
    fresh: str = ""
    restored: Mapping[str, dagger.Container] = field(default_factory=dict)
    layered: Collection[str] = ()
    volumes: Mapping[str, dagger.Container] = field(default_factory=dict)

    @property
    def secret_variables(self) -> Mapping[str, dagger.Secret]:
        """The secrets that are variables of the build."""
        return {name: secret for name, secret in self.secrets.items() if not name.startswith(".")}

    @property
    def secret_files(self) -> Mapping[str, dagger.Secret]:
        """The secrets that are files in the build user's home."""
        return {name: secret for name, secret in self.secrets.items() if name.startswith(".")}

    def layers(self, stage: str) -> dagger.Container | None:
        """Return the final image up to a stage's result if that was restored."""
        return self.restored[stage] if stage in self.layered else None

    def files(self, chosen: SourceFilter) -> dagger.Directory:
        """Return the files of the service that pass a filter."""
        return self.source.filter(include=list(chosen.include), exclude=list(chosen.exclude))

    def named_files(self, paths: Iterable[str]) -> dagger.Directory:
        """Return files and folders of the context by their paths, without what belongs in no image."""
        names = [_GLOB.sub(r"\\\g<0>", path) for path in paths]
        return self.source.filter(include=names, exclude=list(NEVER_SHIPPED_ANYWHERE))

    def volume(self, name: str) -> dagger.CacheVolume:
        """Return a cache volume."""
        return dag.cache_volume(f"{name}-{self.fresh}" if self.fresh else name)

    def with_volume(self, container: dagger.Container, stage: str, place: str, name: str, kept: str) -> dagger.Container:
        """Mount a cache volume, or in its place the folder that was kept of what the stage has left in it elsewhere."""
        # The engine's own volume may be empty, and is not told from one that is not.
        if known := self.volumes.get(stage):
            return container.with_mounted_directory(place, known.directory(kept))
        return container.with_mounted_cache(place, self.volume(name), owner=BUILD_USER)

    def named(self, container: dagger.Container, stage: str) -> dagger.Container:
        """Tell whoever shows the operations to people which stage this is."""
        return container.with_volatile_variable(STAGE_VARIABLE, f"{self.service}/{stage}")

    def suffix(self, platform: str) -> str:
        """Return what tells the stages of one platform from another's, "" where there is only one."""
        return f"-{platform.partition('/')[2]}" if len(self.platforms) > 1 else ""
