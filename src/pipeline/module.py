"""The Dagger module: `dagger call …`. Functions are thin; the command line calls the same code below them."""

from __future__ import annotations

import os
import secrets as random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import anyio
import dagger
from dagger import DefaultPath, Doc, Ignore, check, dag, function, object_type
from dagger.mod._exceptions import FunctionError

from pipeline.errors import PipelineError, UsageError, command_failure, leaves
from pipeline.stages.stamp import bare

if TYPE_CHECKING:
    from pipeline.bases import BaseRequest
    from pipeline.config import Overrides
    from pipeline.project import Project
    from pipeline.report.model import Report
    from pipeline.repository import Repository
    from pipeline.stages.context import BaseImages, HostSettings

_IGNORED = [".git", "**/node_modules", "dist", "**/.venv", "**/__pycache__", "**/.*_cache"]

Services = Annotated[list[str] | None, Doc("Services by name; all of them by default.")]
Service = Annotated[str, Doc("The service, by its name in pipeline.toml.")]


@object_type
class Pipeline:
    """Small, reproducible images of Node and Go services, as a graph of stages."""

    source: Annotated[
        dagger.Directory,
        DefaultPath("/"),
        Ignore(_IGNORED),
        Doc("The repository. Of .git, node_modules, dist, .venv, __pycache__ and .*_cache nothing is read or uploaded."),
    ]
    config: Annotated[str, Doc("The configuration, by its path in the repository.")] = "pipeline.toml"
    bases: Annotated[
        dagger.Directory | None,
        Doc("Base images assembled from packages: the folder `bases` of the command line's cache. Else a hub's are used."),
    ] = None
    npmrc: Annotated[dagger.Secret | None, Doc("npm's configuration, for installs: registries and their credentials.")] = None
    goproxy: Annotated[str, Doc("Where Go modules come from, as GOPROXY says it; Go's default by default.")] = ""
    gosumdb: Annotated[str, Doc("The checksum database of Go modules, as GOSUMDB says it; Go's default by default.")] = ""
    goprivate: Annotated[str, Doc("Modules that no proxy and no database knows, as GOPRIVATE says it; none by default.")] = ""
    secrets: Annotated[
        list[dagger.Secret] | None,
        Doc("What [services.NAME.build.secrets] names: env://NAME for `env:NAME`, file://PATH for `file:PATH`."),
    ] = None

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]  # the overloads of 0.21 lack `cache`
    async def build(
        self,
        services: Services = None,
        format: Annotated[str, Doc("text for people, json for the report.")] = "text",  # noqa: A002 - the argument's name in the interface
    ) -> str:
        """Build services and return the summary. It fails where one of them failed, with the summary as the reason."""
        from pipeline.report.summary import summary

        with _sentences():
            _check_format(format, "text", "json")
            report = await self._built(services or [])
            text = report.model_dump_json(indent=2) + "\n" if format == "json" else summary(report)
            if not report.success:
                raise PipelineError(text)
        return text

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def metrics(self, services: Services = None) -> dagger.File:
        """Build services and return the figures of that in Prometheus's text format. A build that fails is a figure, too."""
        from pipeline.history import FILE_NAME, History
        from pipeline.report import metrics

        with _sentences():
            report = await self._built(services or [])
            with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
                record = History(Path(folder, FILE_NAME))
                record.add([report])
                text = metrics.exposition(metrics.collect(report, record, [item.service_name for item in report.services]))
            return dag.directory().with_new_file("pipeline.prom", text).file("pipeline.prom")

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def sbom(self, services: Services = None) -> dagger.Directory:
        """Build services and return lists of what is in their images, for each one by CycloneDX and one by SPDX."""
        from pipeline.sbom.commands import FOLDER, Listed, listed

        with _sentences():
            async with self._project(services or [], whole="listed") as project:
                run, found = random.token_hex(8), list[Listed]()

                async def look(name: str) -> None:
                    archive = project.root.parent / f"{name}.tar"
                    first, *others = project.graph(name, run).images
                    await first.export(str(archive), platform_variants=others or None)
                    found.extend(await listed(name, archive))

                async with anyio.create_task_group() as group:
                    for name in project.services:
                        group.start_soon(look, name)
            lists = dag.directory()
            for item in sorted(found, key=lambda item: item.file):
                lists = lists.with_new_file(item.file, item.text)
            return lists.directory(FOLDER)

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def image(self, service: Service) -> dagger.Container:
        """Return a service's image: publish it, run it as a service, or export it."""
        with _sentences():
            async with self._project([service], whole="returned") as project:
                return project.graph(service, random.token_hex(8)).images[0]

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def stage(
        self, service: Service, name: Annotated[str, Doc("The stage, by its name; `plan` lists them.")]
    ) -> dagger.Container:
        """Return any stage of a service's graph, as a container to look into or to go on from."""
        with _sentences():
            async with self._project([service]) as project:
                return project.graph(service, random.token_hex(8)).stage(name).container

    @function
    async def plan(
        self,
        services: Services = None,
        format: Annotated[str, Doc("text for people, json, or mermaid for a drawing.")] = "text",  # noqa: A002
    ) -> str:
        """Return the graph of stages, without building."""
        from pipeline.planning import described, planned

        with _sentences():
            _check_format(format, "text", "json", "mermaid")
            async with self._repository(services or []) as repository:
                project = planned(repository.root, repository.config, repository.services, self.source)
                return described(project, format)

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def publish(
        self,
        registry: Annotated[str, Doc("Where images go: HOST/PATH; each is REGISTRY/SERVICE:TAG.")],
        services: Services = None,
        tags: Annotated[list[str] | None, Doc("Tags; those of pipeline.toml, or `latest`, by default.")] = None,
        username: Annotated[str, Doc("The user of the registry; who calls is known to it otherwise.")] = "",
        password: Annotated[dagger.Secret | None, Doc("The user's password or token.")] = None,
    ) -> str:
        """Build services, push their images and return a line ADDRESS@DIGEST for each tag.

        Nothing is pushed unless every image is there for all of its platforms.
        """
        from pipeline.config import Overrides
        from pipeline.config import tags as addresses
        from pipeline.registry.publish import check_addresses
        from pipeline.registry.reference import check_registry

        with _sentences():
            check_registry(registry, "--registry")
            overrides = Overrides(registry=registry, tags=tuple(tags or ()))
            async with self._project(services or [], overrides, whole="published") as project:
                wanted = {name: addresses(name, project.config.services[name], registry) for name in project.services}
                check_addresses(wanted)
                run = random.token_hex(8)
                images = {name: project.graph(name, run).images for name in project.services}
                async with anyio.create_task_group() as group:
                    for image in (image for variants in images.values() for image in variants):
                        group.start_soon(image.sync)
                forced = dagger.ImageLayerCompression.Zstd if project.config.compression == "zstd" else None
                lines: list[str] = []
                for name, (first, *others) in images.items():
                    for address in wanted[name]:
                        pusher = first.with_registry_auth(address, username, password) if password else first
                        lines.append(await pusher.publish(address, platform_variants=others or None, forced_compression=forced))
        return "".join(f"{line}\n" for line in lines)

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]
    async def scan(
        self,
        services: Services = None,
        format: Annotated[str, Doc("text for people, or json.")] = "text",  # noqa: A002
        databases: Annotated[
            dagger.Directory | None,
            Doc("Scanners' databases, each in a folder of its scanner's name; those of pipeline.toml by default."),
        ] = None,
        programs: Annotated[
            dagger.Directory | None,
            Doc("Scanners' programs, static ones, each a file of its scanner's name; built from pinned modules by default."),
        ] = None,
    ) -> str:
        """Look for known vulnerabilities in images. One as severe as pipeline.toml says fails the call, with all as the reason."""
        from pipeline.scan import commands, stage, tools

        with _sentences():
            commands.check_form(format)
            also = [stage.toolchain()] if not programs else []
            async with self._project(services or [], also=also, whole="scanned") as project:
                wanted = tools.scanners(project.config, project.services, project.root)
                given = stage.Given(
                    await stage.handed(wanted, databases, self.source),
                    {name: programs.file(name) for name in await stage.entries(programs)} if programs else {},
                )
                images = await stage.targets(project, random.token_hex(8))
                found = await stage.scan(project, images, wanted, given, lambda *_: None)
                outcome = commands.judged(found, project.config.scan, format)
            if outcome.exit_code:
                raise PipelineError(outcome.text)
        return outcome.text

    @function
    async def doctor(
        self,
        format: Annotated[str, Doc("text for people, json, or sarif for code hosts.")] = "text",  # noqa: A002
    ) -> str:
        """Look for pitfalls in the services and Dockerfiles. As text, an error among them fails the call."""
        from pipeline.doctor.commands import examined

        with _sentences():
            _check_format(format, "text", "json", "sarif")
            async with self._files() as root:
                outcome = await examined(root, [], format, file=self.config)
            if outcome.exit_code and format == "text":
                raise PipelineError(outcome.text)
        return outcome.text

    @function
    @check
    async def tests(self, services: Services = None) -> None:
        """Run the services' own tests and linters, in their build stage."""
        await self._check("tests", services or [])

    @function
    @check
    async def smoke(self, services: Services = None) -> None:
        """Start each image as its user, wait for its health, and stop it."""
        await self._check("smoke", services or [])

    async def _built(self, names: list[str]) -> Report:
        from pipeline import cache, orchestrate
        from pipeline.output import Measures
        from pipeline.progress import Quiet
        from pipeline.report.model import EngineResult
        from pipeline.stages.context import default_platform

        async with self._project(names) as project:
            settings = orchestrate.Settings(
                run=random.token_hex(8),
                max_parallel=project.config.max_parallel,
                output=Measures(project.bases.container("config", "", default_platform())),
                state=None,
                cache=await cache.of(project, print),
            )
            engine = EngineResult(name="dagger", version=await dag.version())
            return await orchestrate.build(project, list(project.services), engine, settings, Quiet())

    async def _check(self, kind: Literal["tests", "smoke"], names: list[str]) -> None:
        from pipeline import checking

        with _sentences():
            async with self._project(names, whole="started" if kind == "smoke" else "") as project:
                wanted = checking.checks(project, random.token_hex(8), [kind])
                results = await checking.check(project, wanted, lambda *_: None)
            if not all(result.success for result in results):
                raise PipelineError(checking.as_text(results))

    @asynccontextmanager
    async def _repository(self, names: list[str], overrides: Overrides | None = None) -> AsyncIterator[Repository]:
        """Yield the repository as its files tell, for as long as they lie on the module's own disk."""
        from pipeline.config import Overrides
        from pipeline.repository import read

        async with self._files() as root:
            yield read(root, names, overrides or Overrides(), self.config)

    @asynccontextmanager
    async def _files(self) -> AsyncIterator[Path]:
        """Yield the folder on the module's own disk where the repository's files lie that long."""
        from pipeline.config import FILE_NAME

        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            root = Path(folder, "source")
            await self.source.export(str(root))
            if self.config != FILE_NAME and not (root / self.config).is_file():
                msg = f"--config {self.config}: the repository has no such file"
                raise UsageError(msg, hint="name it by its path in what --source is")
            yield root

    @asynccontextmanager
    async def _project(
        self, names: list[str], overrides: Overrides | None = None, also: Sequence[BaseRequest] = (), whole: str = ""
    ) -> AsyncIterator[Project]:
        """Yield the services as the engine sees them. Images that are to be `whole` are so for a purpose, as `check_whole` has it."""
        from pipeline.project import Project
        from pipeline.repository import check_whole

        async with self._repository(names, overrides) as repository:
            if whole:
                check_whole(repository, whole)
            yield Project(
                root=repository.root,
                source=self.source,
                config=repository.config,
                services=repository.services,
                bases=await self._bases(repository, also),
                host=await self._host(),
                secret=await self._secrets(),
            )

    async def _bases(self, repository: Repository, also: Sequence[BaseRequest]) -> BaseImages:
        from pipeline import bases, project
        from pipeline.bases.model import load
        from pipeline.stages.context import BaseImages

        folder = repository.root.parent / "bases"
        if self.bases:
            await self.bases.file("bases.json").export(str(folder / "bases.json"))
            return BaseImages(bases.BaseSet(None, load(folder)), self.bases)
        settings = project.base_settings(repository.config)
        lock = repository.root / bases.LOCK_NAME
        if "packages" in {settings.origin, bases.locked(lock, settings).origin}:
            msg = "bases are assembled from packages here, which needs a machine and not a function"
            raise UsageError(msg, hint="`pipeline lock` assembles them there: hand them over, --bases ~/.cache/pipeline/bases")
        found = await bases.resolve(
            (*project.base_requests(repository.config, repository.services), *also),
            bases.Settings("hub", settings.hub, settings.node, settings.go, settings.config),
            lock=lock,
            cache=folder,
            hub_digest=project.pinned_address,
            on_step=lambda _: None,
        )
        return BaseImages(found, None)

    async def _host(self) -> HostSettings:
        from pipeline.stages.context import HostSettings

        go = {"GOPROXY": self.goproxy, "GOSUMDB": self.gosumdb, "GOPRIVATE": self.goprivate}
        npmrc = await self.npmrc.plaintext() if self.npmrc else ""
        return HostSettings(npmrc, {name: value for name, value in go.items() if value})

    async def _secrets(self) -> Callable[[str], dagger.Secret]:
        """Return what finds a secret that pipeline.toml names among those that were handed over: a function has no host."""
        given = {await secret.uri(): secret for secret in self.secrets or []}

        def find(place: str) -> dagger.Secret:
            kind, _, name = place.partition(":")
            for uri, secret in given.items():
                if uri == f"{kind}://{name}" or (kind == "file" and uri.startswith("file://") and uri.endswith(f"/{name}")):
                    return secret
            msg = f"the secret {place} is not there"
            raise UsageError(msg, hint=f"hand it over: --secrets {kind}://{name}")

        return find


def _check_format(given: str, *known: str) -> None:
    if given not in known:
        msg = f"--format is {given!r}"
        raise UsageError(msg, hint=f"it can be {', '.join(known[:-1])} or {known[-1]}")


@contextmanager
def _sentences() -> Iterator[None]:
    """Tell the caller what went wrong in a sentence: all that the client would add to it is our own call stack."""
    try:
        yield
    except Exception as error:
        first = leaves(error)[0] if isinstance(error, BaseExceptionGroup) else error
        if isinstance(first, dagger.ExecError):
            said = command_failure(bare(first.command), first.exit_code, first.stdout, first.stderr)
        elif isinstance(first, (PipelineError, dagger.QueryError)):
            said = str(first)
        elif os.environ.get("PIPELINE_DEBUG"):
            raise
        else:
            said = f"unexpected {type(first).__name__}: {first}"
        raise FunctionError(said) from None
