"""The registry of stages' results, through the Dagger API: an engine pulls and pushes with the user's credentials."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import anyio
import dagger
from dagger import dag

from pipeline.cache.entry import NOTE, Entry, Wrong, read, tags
from pipeline.graph import Kept
from pipeline.registry.stages import LABEL
from pipeline.stages.context import EPOCH

_PULL_FACTOR = 2.0
"""A pull is given up when it takes longer than an answer may, and longer than this many times what the command once took."""

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
    """

    repository: str
    secret: str = field(default="", repr=False)
    writes: bool = False
    seconds: float = 10

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

    async def content(self, entry: Entry) -> dagger.Container:
        """Return the image with what was kept of a stage, once the engine has it.

        Raises
        ------
        Absent
            If the registry no longer has it.
        Unusable
            If it cannot be pulled in time, or is not what its digest says.
        """
        found = dag.container().from_(f"{self.repository}@{entry.content}")
        # Whoever looks through it must have all of it, and nothing is copied.
        looked = found.rootfs().filter(include=[_NOTHING])
        await self._answer(looked.sync(), max(self.seconds, _PULL_FACTOR * entry.seconds))
        return found

    async def write(self, stage: str, key: str, result: dagger.Container, kept: Kept, seconds: float) -> None:
        """Keep a stage's result. Who writes the same key at the same time writes an entry that is as good.

        Raises
        ------
        Unusable
            If the registry refuses.
        """
        note, content = tags(stage, key)
        tree = dag.directory()
        for path in kept.folders:
            tree = tree.with_directory(path, result.directory(path), exclude=list(kept.exclude))
        for path in kept.files:
            tree = tree.with_file(path, result.file(path))
        for path, beside in kept.beside.items():
            tree = tree.with_file(path, beside)
        # One time for all: what is the same under another key is then the same layer, too.
        image = _labelled(dag.container().with_directory("/", tree.with_timestamps(EPOCH)), stage, key)
        compression = dagger.ImageLayerCompression.Zstd
        address = f"{self.repository}:{content}"
        pushed = await self._pushed(image.publish(address, forced_compression=compression))
        entry = Entry(key, stage, pushed.rpartition("@")[2], seconds)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        file = dag.directory().with_new_file(NOTE, entry.signed(self.secret)).with_timestamps(EPOCH)
        small = _labelled(dag.container().with_directory("/", file), stage, key).with_label(f"{LABEL}created", made)
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
                raise Absent from None
            raise Unusable(_short(told)) from None

    async def _pushed(self, answer: Awaitable[str]) -> str:
        try:
            return await answer
        except dagger.QueryError as error:
            raise Unusable(_short(str(error))) from None


def _labelled(image: dagger.Container, stage: str, key: str) -> dagger.Container:
    return image.with_label(f"{LABEL}stage", stage).with_label(f"{LABEL}key", key)


def _short(told: str) -> str:
    """Return the end of an engine's message: it begins with what the engine was at."""
    line = " ".join(told.split())
    return line if len(line) <= _TOLD else f"…{line[-_TOLD:]}"
