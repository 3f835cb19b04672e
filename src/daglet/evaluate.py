"""Values of nodes: what has to be built to know them."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import anyio
import anyio.to_thread

from daglet import (
    archives,
    buildctl,
    delivery,
    dockerfile,
    exports,
    hostfiles,
    imageconfig,
    instructions,
    layering,
    store,
    users,
)
from daglet import operations as ops
from daglet.embedded import locks
from daglet.errors import ExecFailed, InvalidOperation, Unsupported
from daglet.host import STEP_MOUNTS, HostSettings
from daglet.hostfiles import HostFiles
from daglet.plaintexts import Plaintexts
from daglet.pool import Pool

_WHOLE = "image"
"""The build context of an image that is pushed as it is."""

_PINNED = re.compile(r" FROM (\S+@sha256:[0-9a-f]{64})")


_Value = TypeVar("_Value", bound=ops.Container | ops.Directory | ops.File)


@dataclass(frozen=True, slots=True)
class _Request(Generic[_Value]):
    """What an engine is asked for: a value, its plan, and what the plan's names stand for here.

    Parameters
    ----------
    apart:
        The image's own layers, if the plan is of them alone, and
    below:
        what they are then laid over, None for nothing.
    """

    node: _Value
    plan: dockerfile.Plan
    inputs: buildctl.Inputs
    apart: layering.Apart | None = None
    below: archives.Layout | None = None


@dataclass(slots=True)
class Evaluator:
    """Computes values.

    Parameters
    ----------
    engines:
        The BuildKits that build.
    state:
        A folder of the user's for build contexts, unpacked bases and image layouts.
    host:
        The host's network settings.
    stage_variable:
        The volatile variable that names stages (see `dockerfile.Options`).
    """

    engines: Pool
    state: Path
    host: HostSettings
    stage_variable: str = ""
    secrets: Plaintexts = field(default_factory=Plaintexts)
    files: HostFiles = field(init=False)
    _done: set[str] = field(default_factory=set)
    _users: dict[str, str] = field(default_factory=dict)
    _reading: dict[str, anyio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = HostFiles(self.state / store.CONTEXTS)

    def render(self, node: ops.Container | ops.Directory | ops.File, *, ships: bool = False) -> dockerfile.Plan:
        """Return the plan that builds a value. `ships` is for an image that is written or pushed."""
        options = dockerfile.Options(self.stage_variable, STEP_MOUNTS, finished=True, ships=ships, users=self._users)
        return dockerfile.render(node, options)

    async def _planned(self, node: ops.Container | ops.Directory | ops.File, *, ships: bool = False) -> dockerfile.Plan:
        """Return the plan that builds a value, with the users of those bases that it has to know."""
        plan = self.render(node, ships=ships)
        for base in plan.guessed:
            async with self._reading.setdefault(base.digest, anyio.Lock()):
                if base.digest not in self._users:
                    self._users[base.digest] = await self._user(base)
        return self.render(node, ships=ships) if plan.guessed else plan

    async def _user(self, base: ops.Container) -> str:
        """Return the user that a base runs as, "" for root."""
        if not isinstance(base, ops.FromAddress):
            return str((await self.configuration(base)).get("User") or "")
        request = await self._request(users.asking(base))
        with tempfile.TemporaryDirectory(prefix="daglet-") as folder:
            await self._solve(replace(request, plan=replace(request.plan, attested=True)), f"type=local,dest={folder}")
            return await anyio.to_thread.run_sync(users.told, Path(folder))

    async def sync(self, node: ops.Container | ops.Directory | ops.File) -> None:
        """Build a value and leave it in the engine. What a session has built once it does not ask for again."""
        if node.digest not in self._done:
            await self._solve(await self._request(node))
            self._done.add(node.digest)

    async def export_archive(self, variants: Sequence[ops.Container], target: Path) -> str:
        """Write containers, one for each platform, as one OCI image archive and return its digest.

        One that was written there before, of the same inputs, is left as it is.
        """
        requests = [await self._image_request(container) for container in variants]
        folder = self._export_folder(str(target))
        if digest := exports.archive(folder, [self._key(request) for request in requests], target):
            store.mark_used(folder)
            return digest
        async with self._images(requests, str(target)) as images:
            digest = await anyio.to_thread.run_sync(archives.pack, images, target)
            exports.keep_archive(folder, [self._key(request) for request in requests], target, digest)
            return digest

    async def publish(self, variants: Sequence[ops.Container], address: str, compression: str = "") -> str:
        """Push containers, one for each platform, as one image, and return the address with the digest.

        Of an image that BuildKit does not make as it is asked for, a finished one is pushed: BuildKit pushes what the frontend
        gives it, and the frontend changes no image that it is given whole.

        Parameters
        ----------
        compression:
            How layers are compressed, as BuildKit calls it; "" leaves those that are compressed as they are.

        Raises
        ------
        InvalidOperation
            If the address is none.
        """
        # BuildKit reads it as a part of its exporter's options.
        instructions.address(address)
        forced = f",compression={compression},force-compression=true" if compression else ""
        output = f"type=image,name={address},push=true,oci-mediatypes=true"
        # What is compressed anew is so with its base.
        asked = partial(self._request, ships=True) if compression else self._image_request
        requests = [await asked(container) for container in variants]
        platforms = [image.platform or self.engines.platform for image in variants]
        is_rendered = len(variants) == 1 and not requests[0].below
        config = imageconfig.as_rendered(variants[0], platforms[0]) if is_rendered else None
        if config is not None:
            pushed = await self._solve(requests[0], f"{output}{forced}{_configured(config)}")
        else:
            async with self._images(requests, f"{address}{forced}", forced) as images:
                pushed = await self._push(images, ",".join(platforms), output)
        return f"{address}@{pushed.metadata['containerimage.digest']}"

    async def _push(self, images: Sequence[archives.Layout], platforms: str, output: str) -> buildctl.Result:
        """Push finished images as one."""
        with tempfile.TemporaryDirectory(prefix="daglet-") as folder:
            whole = await anyio.to_thread.run_sync(archives.joined, images, Path(folder))
            plan = dockerfile.Plan(f"FROM {_WHOLE}\n", "", platforms, {}, {}, {}, {})
            inputs = buildctl.Inputs({}, {_WHOLE: whole}, self.host.secrets, self.host.secret_files)
            return await self.engines.solve(plan, inputs, output)

    @asynccontextmanager
    async def _images(
        self, requests: Sequence[_Request[ops.Container]], purpose: str, compression: str = ""
    ) -> AsyncIterator[list[archives.Layout]]:
        """Yield containers as images in layouts of ours.

        BuildKit writes into a layout that keeps the layers of the last time for the same purpose, so that only new ones travel.
        """
        images = [archives.Layout(Path(), "")] * len(requests)
        async with self._locked(self._export_folder(purpose)) as folder:

            async def export(number: int, request: _Request[ops.Container]) -> None:
                images[number] = await self._written(request, folder / str(number), compression)

            try:
                async with anyio.create_task_group() as exporting:
                    for number, request in enumerate(requests):
                        exporting.start_soon(export, number, request)
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            yield images
            for image in images:
                archives.sweep(image)

    async def _written(self, request: _Request[ops.Container], layout: Path, compression: str) -> archives.Layout:
        """Write a container as an image into a layout."""
        result = await self._solve(request, f"type=oci,tar=false,dest={layout}{compression}")
        image = archives.Layout(layout, str(result.metadata["containerimage.digest"]))
        if not request.apart:
            return imageconfig.finished(image, request.node)
        if request.below:
            if request.apart.is_taken and not await anyio.to_thread.run_sync(layering.only_adds, image):
                return await self._written(await self._request(request.node, ships=True), layout, compression)
            archives.lay_in(request.below, layout)
        return imageconfig.laid_over(request.below, image, request.node)

    async def export_directory(self, node: ops.Directory, target: Path, *, wipe: bool = False) -> None:
        """Write a directory's content into a folder of the host, over what is there, or, wiping, in its place."""
        async with self.exported(node) as folder:
            await anyio.to_thread.run_sync(partial(delivery.tree, folder, target, wipe=wipe))

    async def export_file(self, node: ops.File, target: Path) -> None:
        """Write a file to the host; it is complete before it takes the target's name."""
        async with self.exported(node) as folder:
            await anyio.to_thread.run_sync(delivery.file, folder / node.name, target)

    async def resolve_address(self, node: ops.FromAddress) -> str:
        """Return an image's address with the digest that its tag stands for now."""
        result = await self._solve(await self._request(node))
        for vertex in result.progress.vertices.values():
            if match := _PINNED.search(vertex.name):
                return match[1]
        msg = f"the engine did not say which digest {node.address} stands for"
        raise InvalidOperation(msg)

    async def read(self, node: ops.File) -> bytes:
        """Return a file's content."""
        if isinstance(node, ops.NewFile):
            return node.contents.encode()
        if path := await self.files.place(node):
            return await anyio.to_thread.run_sync(hostfiles.read, path)
        async with self.exported(node) as folder:
            return (folder / node.name).read_bytes()

    @asynccontextmanager
    async def exported(self, node: ops.Directory | ops.File) -> AsyncIterator[Path]:
        """Yield a folder that holds a value's files for as long as the context lasts. It is not to be written to."""
        if isinstance(node, ops.HostDirectory):
            yield await self.files.context(node)
            return
        request = await self._request(node)
        if known := exports.files(self.state, self._key(request)):
            yield known
            return
        with tempfile.TemporaryDirectory(prefix="daglet-") as folder:
            copy = Path(folder, "export")
            # Without a time of its own the exporter gives every file the build's, 0.
            await self._solve(request, f"type=local,dest={copy},source-date-epoch=")
            copy.mkdir(exist_ok=True)
            await anyio.to_thread.run_sync(exports.keep_files, self.state, self._key(request), copy)
            yield copy

    def _key(self, request: _Request[Any]) -> str:
        """Return what an export is known by, of the engine that is asked now: one may have been lost meanwhile."""
        below = request.below.digest if request.below else ""
        return exports.key(self.engines.engine(request.plan.group), request.plan, request.inputs, request.node, below)

    async def _request(self, node: _Value, *, ships: bool = False) -> _Request[_Value]:
        plan = await self._planned(node, ships=ships)
        return _Request(node, plan, await self._inputs(plan))

    async def _image_request(self, container: ops.Container) -> _Request[ops.Container]:
        """Return what is asked for to have a container as an image: its own layers alone, if they are the same on any base."""
        if apart := layering.apart(container):
            below = await self._layout(apart.base) if apart.base else None
            if not below or layering.is_plain(below):
                plan = await self._planned(apart.own, ships=True)
                return _Request(container, plan, await self._inputs(plan), apart, below)
        return await self._request(container, ships=True)

    async def _solve(self, request: _Request[Any], output: str = "") -> buildctl.Result:
        try:
            return await self.engines.solve(request.plan, request.inputs, output)
        except ExecFailed as error:
            raise ExecFailed(error.command, error.exit_code, *map(self.secrets.hide, (error.stdout, error.stderr))) from None

    async def _inputs(self, plan: dockerfile.Plan) -> buildctl.Inputs:
        folders = {name: await self.files.context(directory) for name, directory in plan.contexts.items()}
        layouts = {name: await self._layout(base) for name, base in plan.archives.items()}
        secrets = {name: value if isinstance(value, str) else self.secrets.told(value) for name, value in plan.secrets.items()}
        return buildctl.Inputs(
            contexts=folders,
            layouts=layouts,
            secrets={**self.host.secrets, **secrets},
            secret_files=self.host.secret_files,
        )

    async def configuration(self, base: ops.Container) -> dict[str, Any]:
        """Return the configuration of what a container was started from.

        Raises
        ------
        Unsupported
            If it is an image at an address: the engine has it, and tells nothing of it.
        """
        match base:
            case ops.Scratch():
                return {}
            case ops.FromArchive():
                found = imageconfig.of_platform(await self._layout(base), base.platform or self.engines.platform)
                return dict(found.get("config") or {})
        what = "the configuration of an image at an address"
        raise Unsupported(what)

    async def _layout(self, base: ops.FromArchive) -> archives.Layout:
        layouts = self.state / store.LAYOUTS
        if path := await self.files.place(base.archive):
            async with self._reading.setdefault(base.archive.digest, anyio.Lock()):
                return await anyio.to_thread.run_sync(archives.unpack, path, layouts, base.tag)
        with tempfile.TemporaryDirectory(prefix="daglet-") as folder:
            path = Path(folder, "image.tar")
            if isinstance(base.archive, ops.Archive):
                await self.export_archive(base.archive.variants, path)
            else:
                path.write_bytes(await self.read(base.archive))
            return await anyio.to_thread.run_sync(archives.unpack, path, layouts, base.tag)

    def _export_folder(self, purpose: str) -> Path:
        return self.state / store.IMAGES / hashlib.sha256(purpose.encode()).hexdigest()[:16]

    @asynccontextmanager
    async def _locked(self, folder: Path) -> AsyncIterator[Path]:
        """Hold a folder for ourselves: two builds of one image at a time would sweep each other's layers away."""
        folder.mkdir(parents=True, exist_ok=True)
        store.mark_used(folder)
        async with locks.held(folder / "lock", locks.Kind.EXCLUSIVE):
            yield folder


def _configured(config: Mapping[str, object]) -> str:
    """Return the part of an output that gives an image its configuration; buildctl reads outputs as CSV."""
    text = json.dumps(config, separators=(",", ":"), sort_keys=True).replace('"', '""')
    return f',"containerimage.config={text}"' if config else ""
