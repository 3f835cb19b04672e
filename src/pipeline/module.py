"""The Dagger module: `dagger call …`. Functions are thin; the command line calls the same code below them."""

import json
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, check, dag, function, object_type

if TYPE_CHECKING:
    from pipeline.project import Project

_IGNORED = [".git", "**/node_modules", "dist", ".venv", "**/__pycache__"]


@object_type
class Pipeline:
    """Small, reproducible images of Node and Go services, as a graph of stages."""

    source: Annotated[dagger.Directory, DefaultPath("/"), Ignore(_IGNORED), Doc("The repository, with pipeline.toml.")]
    config: Annotated[str, Doc("The configuration's file name.")] = "pipeline.toml"
    bases: Annotated[dagger.Directory | None, Doc("Assembled base images, with their bases.json.")] = None

    @function(cache="never")  # type: ignore[call-overload,untyped-decorator]  # the overloads of 0.21 lack `cache`
    async def build(
        self,
        services: Annotated[list[str] | None, Doc("Services, all by default.")] = None,
        format: Annotated[str, Doc("text or json.")] = "text",  # noqa: A002 - the name of the argument in the interface
    ) -> str:
        """Build all services and return the summary."""
        from pipeline import orchestrate
        from pipeline.report.model import EngineResult
        from pipeline.report.summary import summary

        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            project = await self._project(Path(folder), services or [])
            settings = orchestrate.Settings(
                secrets.token_hex(8), project.config.max_parallel, Path(folder), Path(folder, "state")
            )
            engine = EngineResult(name="dagger", version=await dag.version())
            report = await orchestrate.build(project, list(project.services), engine, settings, lambda *_: None)
        return report.model_dump_json(indent=2) if format == "json" else summary(report)

    @function
    async def image(self, service: Annotated[str, Doc("A service's name.")]) -> dagger.Container:
        """Return a service's final image: publish it, run it, export it."""
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            return (await self._project(Path(folder), [service])).graph(service).images[0]

    @function
    async def stage(
        self, service: Annotated[str, Doc("A service's name.")], name: Annotated[str, Doc("A stage's name.")]
    ) -> dagger.Container:
        """Return any stage of a service's graph."""
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            return (await self._project(Path(folder), [service])).graph(service).stage(name).container

    @function
    async def plan(self, format: Annotated[str, Doc("text, json or mermaid.")] = "text") -> str:  # noqa: A002
        """Return the graph of stages, without building."""
        from pipeline import graph

        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            project = await self._project(Path(folder), [])
            graphs = [project.graph(name) for name in project.services]
        match format:
            case "json":
                return json.dumps(graph.as_data(graphs), indent=2)
            case "mermaid":
                return graph.as_mermaid(graphs)
            case _:
                return graph.as_text(graphs)

    @function
    @check
    async def checks(self) -> None:
        """Run the services' tests and linters, and start their images."""
        from pipeline import checking
        from pipeline.errors import PipelineError

        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            project = await self._project(Path(folder), [])
            results = await checking.check(project, list(project.services), project.config.max_parallel, lambda *_: None)
        if not all(result.success for result in results):
            raise PipelineError(checking.as_text(results))

    async def _project(self, folder: Path, names: list[str]) -> "Project":
        from pipeline import bases, library, project
        from pipeline.bases.model import load
        from pipeline.config import Overrides
        from pipeline.stages.context import BaseImages, HostSettings

        root = folder / "source"
        await self.source.export(str(root))
        repository = library.read(root, names, Overrides(), self.config)
        wanted = project.base_requests(repository.config, repository.services)
        if self.bases:
            assembled = folder / "bases"
            await self.bases.file("bases.json").export(str(assembled / "bases.json"))
            images = BaseImages(bases.BaseSet(None, load(assembled)), self.bases)
        else:
            # A function has no host to assemble packages on.
            settings = replace(project.base_settings(repository.config), origin="hub")
            lock, cache = root / bases.LOCK_NAME, folder / "cache"
            digest = project.pinned_address
            images = BaseImages(
                await bases.resolve(wanted, settings, lock=lock, cache=cache, hub_digest=digest, on_step=lambda _: None), None
            )
        return project.Project(root, self.source, repository.config, repository.services, images, HostSettings(), {})
