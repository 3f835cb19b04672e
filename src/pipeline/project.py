"""A repository ready to be built: its configuration, its services as detected, its bases, and where its files are."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagger
from dagger import dag

from pipeline import hooks
from pipeline.bases import BaseRequest, BaseSet
from pipeline.bases import Settings as BaseSettings
from pipeline.bases.model import Role
from pipeline.config import Config, Service
from pipeline.detect import GoService, NodeService
from pipeline.graph import ServiceGraph
from pipeline.stages import golang, golang_image, node
from pipeline.stages.context import BaseImages, Context, HostSettings, default_platform, runtime_packages
from pipeline.vcs import Origin

_NPM_KEYS = ("registry", "proxy", "https-proxy", "noproxy", "strict-ssl", "always-auth")
_NPM_PREFIXES = ("//", "fetch-")


@dataclass(frozen=True, slots=True)
class Project:
    """What the stages of a repository's services are made from.

    Parameters
    ----------
    root:
        The repository on this machine's disk, for reading configuration.
    source:
        The same, as the engine sees it.
    origin:
        Where its sources come from.
    secret:
        Returns the secret that a place in the configuration, "env:NAME" or "file:PATH", stands for.
    fresh:
        A word that makes every command run anew, "" for what the engine has.
    """

    root: Path
    source: dagger.Directory
    config: Config
    services: Mapping[str, NodeService | GoService]
    bases: BaseImages
    host: HostSettings
    secret: Callable[[str], dagger.Secret]
    origin: Origin = field(default_factory=Origin)
    fresh: str = ""

    def graph(
        self,
        name: str,
        run: str = "",
        restored: Mapping[str, dagger.Container] | None = None,
        layered: Collection[str] = (),
        volumes: Mapping[str, dagger.Container] | None = None,
    ) -> ServiceGraph:
        """Return the stages of a service. What was `restored` of some, as layers of the image or not, stands for running them."""
        context = replace(self.context(name, run), restored=restored or {}, layered=layered, volumes=volumes or {})
        service = self.services[name]
        graph = node.graph(service, context) if isinstance(service, NodeService) else golang.graph(service, context)
        target = self.config.services[name].target
        return graph.up_to(target) if target else graph

    def context(self, name: str, run: str = "") -> Context:
        """Return what the stages of a service are given."""
        settings = self.config.services[name]
        release = getattr(self.services[name], "release", "")
        labels = {"org.opencontainers.image.version": release} if release else {}
        return Context(
            service=name,
            source=self.source.directory(self.services[name].place.context),
            bases=self.bases,
            run=run,
            build_platform=default_platform(),
            platforms=platforms(settings),
            labels={**labels, **self.origin.labels.get(name, {}), **settings.labels},
            env=settings.env,
            user=settings.user or "",
            host=self.host,
            secrets={variable: self.secret(place) for variable, place in settings.build.secrets.items()},
            replaced=hooks.functions(self.root, name, settings.stages),
            fresh=self.fresh,
        )

    def checks(self, name: str, run: str) -> dict[str, dagger.Container]:
        """Return the containers in which a service's own tests and linters have run, by what they are called."""
        service, context = self.services[name], self.context(name, run)
        if isinstance(service, NodeService):
            return {script: node.check(service, context, script) for script in service.check_scripts}
        return {script: golang.check(service, context, script) for script in ("vet", "test")}


def platforms(settings: Service) -> tuple[str, ...]:
    """Return the platforms that a service is built for: this machine's, where it names none."""
    return tuple(settings.platforms) or (default_platform(),)


def base_requests(config: Config, services: Mapping[str, NodeService | GoService]) -> tuple[BaseRequest, ...]:
    """Return the bases that services are built from, each once."""
    here = default_platform()
    wanted: dict[BaseRequest, None] = {BaseRequest("config", "", here): None}
    for name, service in services.items():
        targets = platforms(config.services[name])
        beside = runtime_packages(service.image)
        build: Role = "node-build" if isinstance(service, NodeService) else "go-build"
        wanted[BaseRequest(build, service.version, here, service.build.packages)] = None
        if isinstance(service, NodeService):
            wanted |= {BaseRequest("node-runtime", service.version, item, beside): None for item in targets}
        elif golang_image.needs_libc(service):
            wanted |= {BaseRequest("libc", "", item, beside): None for item in targets}
    return tuple(wanted)


def base_settings(config: Config) -> BaseSettings:
    """Return what the configuration says about bases."""
    bases = config.bases
    return BaseSettings(bases.origin, bases.hub, bases.node or "", bases.go or "", bases.config or "")


def base_images(known: BaseSet) -> BaseImages:
    """Return bases that lie on this machine, as containers."""
    return BaseImages(known, dag.host().directory(str(known.directory)) if known.directory else None)


async def pinned_address(address: str) -> str:
    """Ask the engine which digest an image's address stands for; return the address with it."""
    return await dag.container().from_(address).image_ref()


def host_settings(environ: Mapping[str, str], npm_config: Callable[[], Mapping[str, str]]) -> HostSettings:
    """Return the settings of the user's package managers that builds need: registries and credentials, nothing else."""
    kept = {
        key: value
        for key, value in npm_config().items()
        if key in _NPM_KEYS or key.startswith(_NPM_PREFIXES) or (key.startswith("@") and key.endswith(":registry"))
    }
    npmrc = "".join(f"{key}={value}\n" for key, value in sorted(kept.items()))
    return HostSettings(npmrc, {name: environ[name] for name in golang.GO_VARIABLES if environ.get(name)})


def npmrc_files(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the user's npm configuration: the keys of their .npmrc, and the npm_config_ variables over them."""
    path = Path(environ.get("npm_config_userconfig") or Path(environ.get("HOME", "/"), ".npmrc"))
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    for line in lines:
        key, separator, value = line.partition("=")
        if separator and not line.lstrip().startswith((";", "#")):
            found[key.strip()] = os.path.expandvars(value.strip())
    for name, value in environ.items():
        if name.lower().startswith("npm_config_"):
            found[name[len("npm_config_") :].lower().replace("_", "-")] = value
    return found


def host_secrets(root: Path) -> Callable[[str], dagger.Secret]:
    """Return what finds secrets in this machine's environment and in the repository's files."""

    def find(place: str) -> dagger.Secret:
        kind, _, name = place.partition(":")
        return dag.secret(f"env://{name}") if kind == "env" else dag.secret(f"file://{root / name}")

    return find
