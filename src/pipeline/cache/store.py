"""The registry of stages' results, through the Dagger API: an engine pulls and pushes with the user's credentials."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import anyio
import dagger
from dagger import dag

from pipeline.cache.entry import NOTE, Entry, Wrong, as_layers, read, tags
from pipeline.graph import Kept, Layers
from pipeline.registry.stages import LABEL

_ANSWERS, _COMMANDS = 3.0, 2.0
"""A pull is given up when it takes longer than so many answers may, and longer than so many times what the command once took."""

_PUSH_SECONDS = 300.0
"""How long the registry has to take an entry's image."""

_NOTHING = "nothing-that-was-kept"
"""A pattern of files that is for none."""

_ABSENT = ("not found", "name_unknown", "manifest_unknown", "manifest unknown", "name unknown")
_TOLD = 160
_Answer = TypeVar("_Answer")


class Absent(Exception):
    """The registry does not know a key."""


class Unusable(Exception):
    """The registry cannot be used for a stage, with the reason."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where stages' results are.

    Parameters
    ----------
    repository:
        The address without a tag.
    secret:
        What notes are signed with, "" for unsigned ones.
    writes:
        Whether what is missing is to be written.
    seconds:
        How long the registry has to say whether it knows a key.
    layers:
        Whether results are kept as layers of images, too, and what is in cache volumes. The engine must pass on layers as they are.
    """

    repository: str
    secret: str = field(default="", repr=False)
    writes: bool = False
    seconds: float = 10
    layers: bool = False

    async def find(self, stage: str, key: str) -> Entry:
        """Return a stage's entry.

        Raises
        ------
        Absent
            If there is none.
        Unusable
            If the registry refuses, does not answer, or holds what is no entry for this key.
        """
        note, _ = tags(stage, key)
        file = dag.container().from_(f"{self.repository}:{note}").file(f"/{NOTE}")
        try:
            return read(await self._answer(file.contents(), self.seconds), key, self.secret)
        except Wrong as error:
            msg = f"refused: {error}"
            raise Unusable(msg) from None

    def content(self, entry: Entry, layers: Layers | None = None) -> dagger.Container:
        """Return the image with what was kept of a stage. The engine pulls of it what is needed, when it is needed.

        Parameters
        ----------
        layers:
            What it stands for, if it is the final image up to the stage's result.
        """
        if not layers:
            return dag.container().from_(f"{self.repository}@{entry.content}")
        found = dag.container(platform=dagger.Platform(layers.platform)).from_(f"{self.repository}@{entry.content}")
        # The image has no use for our notes.
        return found.without_label(f"{LABEL}stage").without_label(f"{LABEL}key")

    def patience(self, entry: Entry) -> float:
        """Return after how many seconds a pull is given up."""
        return max(_ANSWERS * self.seconds, _COMMANDS * entry.seconds)

    async def pull(self, entry: Entry) -> None:
        """Have the engine pull all of an entry's content.

        Raises
        ------
        Absent
            If the registry no longer has it.
        Unusable
            If it cannot be pulled in time, or is not what its digest says.
        """
        # Whoever looks through it must have all of it, and nothing is copied.
        looked = self.content(entry).rootfs().filter(include=[_NOTHING])
        await self._answer(looked.sync(), self.patience(entry))

    async def write(self, stage: str, key: str, result: dagger.Container, kept: Kept, seconds: float) -> None:
        """Keep a stage's result. Who writes the same key at the same time writes an entry that is as good.

        Raises
        ------
        Unusable
            If the registry refuses.
        """
        tree = dag.directory()
        for path in kept.folders:
            tree = tree.with_directory(path, result.directory(path), exclude=list(kept.exclude))
        for path in kept.files:
            tree = tree.with_file(path, result.file(path))
        for path, beside in kept.beside.items():
            tree = tree.with_file(path, beside)
        if kept.timestamp is not None:
            tree = tree.with_timestamps(kept.timestamp)
        image = dag.container().with_directory("/", tree)
        await self._written(stage, key, image, seconds, dagger.ImageLayerCompression.Zstd)

    async def write_layers(self, stage: str, key: str, image: dagger.Container, seconds: float) -> None:
        """Keep the layers of an image, as they are, under the name of the stage whose result is the last of them.

        Raises
        ------
        Unusable
            If the registry refuses.
        """
        await self._written(as_layers(stage), key, image, seconds, None)

    async def _written(
        self, stage: str, key: str, image: dagger.Container, seconds: float, compression: dagger.ImageLayerCompression | None
    ) -> None:
        note, content = tags(stage, key)
        labelled = _labelled(image, stage, key)
        pushed = await self._pushed(labelled.publish(f"{self.repository}:{content}", forced_compression=compression))
        entry = Entry(key, stage, pushed.rpartition("@")[2], seconds)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        small = _labelled(dag.container().with_new_file(f"/{NOTE}", entry.signed(self.secret)), stage, key).with_label(
            f"{LABEL}created", made
        )
        await self._pushed(small.with_label(f"{LABEL}content", entry.content).publish(f"{self.repository}:{note}"))

    async def _answer(self, question: Awaitable[_Answer], seconds: float) -> _Answer:
        try:
            with anyio.fail_after(seconds):
                return await question
        except TimeoutError:
            msg = f"no answer in {seconds:g} s"
            raise Unusable(msg) from None
        except dagger.QueryError as error:
            told = str(error)
            if any(mark in told.lower() for mark in _ABSENT):
                raise Absent(_short(told)) from None
            raise Unusable(_short(told)) from None

    async def _pushed(self, answer: Awaitable[str]) -> str:
        try:
            return await self._answer(answer, _PUSH_SECONDS)
        except Absent as error:
            raise Unusable(str(error)) from None


def _labelled(image: dagger.Container, stage: str, key: str) -> dagger.Container:
    return image.with_label(f"{LABEL}stage", stage).with_label(f"{LABEL}key", key)


def _short(told: str) -> str:
    """Return the end of an engine's message: it begins with what the engine was at."""
    line = " ".join(told.split())
    return line if len(line) <= _TOLD else f"…{line[-_TOLD:]}"
