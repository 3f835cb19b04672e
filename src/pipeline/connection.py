"""A repository connected to the engine that builds it: where that is, the bases, the labels."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from pipeline import bases, hosts, vcs
from pipeline.detect import GoService, NodeService, sources
from pipeline.engine import Choice, Engine, session
from pipeline.folders import cache_folder, state_folder

if TYPE_CHECKING:
    from pipeline.history import Expected
    from pipeline.project import Project
    from pipeline.repository import Repository

OnStep = Callable[[str], None]
_Found = TypeVar("_Found")

_RUNS = 20
"""How many of the latest runs say what is expected of the next."""


@asynccontextmanager
async def connected(repository: Repository, choice: Choice, on_step: OnStep) -> AsyncIterator[tuple[Project, Engine]]:
    """Yield a repository ready to be built, and the engine that builds it.

    Raises
    ------
    PipelineError
        If there is no engine to be had.
    """
    bases.locked(repository.root / bases.LOCK_NAME, bases.Settings(repository.config.bases.origin))
    wanted = await remote(repository)
    async with _meanwhile(partial(origin, repository)) as told, session(choice, on_step, wanted) as engine:
        from dagger import dag  # noqa: PLC0415

        from pipeline import project  # noqa: PLC0415

        if repository.notice:
            on_step(repository.notice)
        on_step(f"engine: {engine.name} {engine.version} for {engine.platform} ({engine.reason})")
        found = await resolved(repository, on_step)
        on_step(found.notice)
        yield (
            project.Project(
                root=repository.root,
                source=dag.host().directory(str(repository.root)),
                config=repository.config,
                services=repository.services,
                bases=project.base_images(found),
                host=project.host_settings(os.environ, lambda: project.npmrc_files(os.environ)),
                origin=await told(),
                secret=project.host_secrets(repository.root),
            ),
            engine,
        )


async def resolved(
    repository: Repository, on_step: OnStep, *, also: Sequence[bases.BaseRequest] = (), fresh: bool = False
) -> bases.BaseSet:
    """Return the bases of a repository's services and others, pinned anew if `fresh`. The Dagger client is connected."""
    from pipeline import project  # noqa: PLC0415

    return await bases.resolve(
        (*project.base_requests(repository.config, repository.services), *also),
        project.base_settings(repository.config),
        lock=repository.root / bases.LOCK_NAME,
        cache=cache_folder(),
        hub_digest=project.pinned_address,
        on_step=on_step,
        fresh=fresh,
    )


async def origin(repository: Repository) -> vcs.Origin:
    """Return where a repository's sources come from, as far as git tells."""
    root, found = repository.root, {}
    repositories = {name: vcs.nearest_repository(root, service.place.context) for name, service in repository.services.items()}
    addresses = {folder: await anyio.to_thread.run_sync(vcs.address, folder) for folder in {root, *repositories.values()}}
    revision = await anyio.to_thread.run_sync(vcs.newest, root)

    async def ask(name: str, service: NodeService | GoService) -> None:
        beside = service.install.files if isinstance(service, NodeService) else (*service.module_files, service.config)
        taken = tuple(filter(None, beside))
        # What another stage takes in is an input, whatever the sources leave out.
        exclude = (*service.sources.exclude, *(f"!{path}" for path in taken if sources.may_leave_out(service.sources, path)))
        found[name] = await anyio.to_thread.run_sync(
            vcs.labels, root, service.place.context, service.sources.include, exclude, addresses[repositories[name]]
        )

    async with anyio.create_task_group() as group:
        for name, service in repository.services.items():
            group.start_soon(ask, name, service)
    return vcs.Origin(addresses[root] or root.name, revision, found)


@asynccontextmanager
async def _meanwhile(work: Callable[[], Awaitable[_Found]]) -> AsyncIterator[Callable[[], Awaitable[_Found]]]:
    """Have something found out beside what the context does; what is yielded waits for it and returns it."""
    done, found = anyio.Event(), []

    async def find() -> None:
        found.append(await work())
        done.set()

    async def result() -> _Found:
        await done.wait()
        return found[0]

    async with anyio.create_task_group() as group:
        group.start_soon(find)
        yield result
        group.cancel_scope.cancel()


async def remote(repository: Repository) -> hosts.Remote:
    """Return how BuildKits on other machines are reached, as the configuration says it, and which service each is to build.

    Raises
    ------
    UsageError
        If a certificate or key cannot be read.
    """
    wanted = repository.config.engine
    credentials = hosts.credentials(repository.root, wanted)
    if not wanted.hosts:
        return hosts.Remote(credentials=credentials)
    named = tuple(dict.fromkeys(wanted.hosts))
    called, _ = await anyio.to_thread.run_sync(vcs.identity, repository.root)
    known = await anyio.to_thread.run_sync(expectations, called)
    return hosts.Remote(named, credentials, hosts.place(list(repository.config.services), named, known))


def expectations(repository: str) -> dict[str, Expected]:
    """Return what recorded runs say of a repository's services; nothing of a record that cannot be read."""
    from pipeline.history import FILE_NAME, History, HistoryError, expected  # noqa: PLC0415 - a database, for builds alone

    try:
        return expected(History(state_folder() / FILE_NAME).runs(repository, latest=_RUNS))
    except HistoryError:
        return {}
