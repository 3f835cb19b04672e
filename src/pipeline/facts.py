"""What ran, what came from the cache, and why: from the stamps of this run and the inputs of the one before.

Whether a stage was cached is read off its stamp, which is evidence. Why it ran is told by comparing its inputs with those
that were recorded when it last ran on this machine; the record is a note, never the ground for a decision.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import dagger

from pipeline.files import write_text_atomic
from pipeline.graph import ServiceGraph, Stage
from pipeline.stages.stamp import Stamp

_NAMED_CHANGES = 3

_FILE_MODES = {0o644: "", 0o755: "x"}
_FOLDER_MODE = 0o755
"""As git and most machines have them."""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """A stage's inputs, reduced to what comparing them takes.

    Parameters
    ----------
    files:
        The hash of each file's content, by "TREE/PATH".
    digests:
        The digest of each tree, by its name: where it is the same, the tree's files need not be looked at again.
    """

    base: str = ""
    command: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> InputRecord:
        """Read a record back from JSON's types."""
        command = data.get("command")
        return cls(
            base=str(data.get("base", "")),
            command=tuple(map(str, command)) if isinstance(command, list) else (),
            variables=_texts(data.get("variables")),
            files=_texts(data.get("files")),
            digests=_texts(data.get("digests")),
        )


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class StageFact:
    """What became of one stage.

    Times in seconds; `saved_seconds` is what the command took when it last ran. `started` is in seconds since 1970, 0 where
    nothing ran. `base` is the image that it starts from, with its digest, "" where it starts from another stage or from nothing.
    """

    name: str
    status: Literal["cached", "restored", "executed", "failed", "skipped"]
    duration_seconds: float = 0.0
    saved_seconds: float = 0.0
    reason: str = ""
    started: float = 0.0
    needs: tuple[str, ...] = ()
    base: str = ""


async def record(stage: Stage, before: InputRecord, scratch: Path) -> InputRecord:
    """Return a stage's inputs as of now. Of a tree that is as it was `before`, no file travels. `scratch` may be written to."""
    files = {f"made/{name}": hashlib.sha256(text.encode()).hexdigest() for name, text in stage.inputs.contents.items()}
    digests: dict[str, str] = {}
    for label, directory in stage.inputs.sources.items():
        digests[label] = await directory.digest()
        if digests[label] == before.digests.get(label):
            files |= {path: digest for path, digest in before.files.items() if path.startswith(f"{label}/")}
            continue
        copy = scratch / stage.name / label
        await directory.export(str(copy))
        files |= {f"{label}/{path}": digest for path, digest in _hashes(copy)}
    return InputRecord(stage.inputs.base, stage.inputs.command, dict(stage.inputs.variables), files, digests)


def _hashes(root: Path) -> Iterable[tuple[str, str]]:
    """Yield what tells each file of a tree from another, and each folder that its files do not tell of: all that copying keeps."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            yield name, f"-> {path.readlink()}"
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file():
            yield name, hashlib.sha256(path.read_bytes()).hexdigest() + _FILE_MODES.get(mode, f" {mode:o}")
        elif mode != _FOLDER_MODE or not any(path.iterdir()):
            yield f"{name}/", f"{mode:o}"


async def read_stamps(stamps: Mapping[str, dagger.File], scratch: Path) -> dict[str, Stamp]:
    """Return the stamps of all stages that run a command, by stage. They travel together, in one export."""
    if not stamps:
        return {}
    folder = dagger.dag.directory()
    for name, file in stamps.items():
        folder = folder.with_file(name, file)
    target = scratch / "stamps"
    await folder.export(str(target))
    return {name: Stamp.parse((target / name).read_text()) for name in stamps}


def judge(
    graph: ServiceGraph,
    run: str,
    stamps: Mapping[str, Stamp],
    now: Mapping[str, InputRecord],
    before: Mapping[str, InputRecord],
    restored: Mapping[str, float],
) -> tuple[StageFact, ...]:
    """Return what became of each stage of a service that was built.

    A stage with a command was executed if its stamp is of this run. A stage of copies was executed if its own inputs
    changed, or if a stage that it copies from was executed. Of a stage whose inputs were not
    recorded `now`, that alone is known.

    Parameters
    ----------
    restored:
        How long the commands took, elsewhere, of stages whose results were taken from a registry.
    """
    facts: dict[str, StageFact] = {}
    for stage in graph.stages:
        ran_before_it = [need for need in stage.needs if need in facts and facts[need].status == "executed"]
        why = _reason(before.get(stage.name), now.get(stage.name), ran_before_it)
        if stage.name in restored:
            facts[stage.name] = StageFact(stage.name, "restored", saved_seconds=restored[stage.name], reason=why)
        elif stage.runs:
            stamp = stamps[stage.name]
            if stamp.run == run:
                unknown = "no earlier result in this engine's cache"
                facts[stage.name] = StageFact(stage.name, "executed", stamp.seconds, 0.0, why or unknown, stamp.started)
            else:
                facts[stage.name] = StageFact(stage.name, "cached", 0.0, stamp.seconds)
        elif why:
            facts[stage.name] = StageFact(stage.name, "executed", reason=why)
        else:
            facts[stage.name] = StageFact(stage.name, "cached")
    return tuple(replace(facts[stage.name], needs=stage.needs, base=_base(stage)) for stage in graph.stages)


def _base(stage: Stage) -> str:
    return "@".join(filter(None, (stage.inputs.base.partition("@")[0], stage.inputs.digest)))


def failed(graph: ServiceGraph, name: str) -> tuple[StageFact, ...]:
    """Return what is known of the stages when one of them failed: those after it were skipped."""
    skipped = {name}
    facts: list[StageFact] = []
    for stage in graph.stages:
        if stage.name == name:
            facts.append(StageFact(name, "failed", needs=stage.needs))
        elif skipped.intersection(stage.needs):
            skipped.add(stage.name)
            facts.append(StageFact(stage.name, "skipped", reason=f"{name} failed", needs=stage.needs))
    return tuple(facts)


def _reason(before: InputRecord | None, now: InputRecord | None, ran_before_it: list[str]) -> str:
    ran = [f"stage: {need}" for need in ran_before_it]
    if now is None:
        return ", ".join(ran)
    if before is None:
        return "first build on this machine"
    return ", ".join([*_differences(before, now), *ran])


def difference(before: InputRecord, now: InputRecord) -> str:
    """Return how the inputs of a stage differ, in a few words; "" if they do not."""
    return ", ".join(_differences(before, now))


def _differences(before: InputRecord, now: InputRecord) -> list[str]:
    reasons: list[str] = []
    if before.base != now.base:
        reasons.append(f"base: {now.base}")
    if before.command != now.command:
        reasons.append("command")
    reasons += [f"variable: {name}" for name in changed(before.variables, now.variables)]
    paths = [path.partition("/")[2] for path in changed(before.files, now.files)]
    reasons += [f"file: {path}" for path in paths[:_NAMED_CHANGES]]
    if len(paths) > _NAMED_CHANGES:
        reasons.append(f"and {len(paths) - _NAMED_CHANGES} more files")
    return reasons


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names, in order, under which two mappings differ."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


class Memory:
    """The inputs of a service's last successful build, in a file of the user's; without a file, nothing is remembered."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @classmethod
    def of(cls, state: Path | None, root: Path, service: str) -> Memory:
        """Return the memory of a service of the repository at `root`, in a folder of the user's if there is one."""
        key = hashlib.sha256(f"{root}\0{service}".encode()).hexdigest()[:24]
        return cls(state / "facts" / f"{key}.json" if state else None)

    @property
    def keeps(self) -> bool:
        """Whether what is stored can be recalled."""
        return self._path is not None

    def recall(self) -> dict[str, InputRecord]:
        """Return the recorded inputs, by stage; nothing if there is no readable record."""
        if not self._path:
            return {}
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(data, dict):
            return {}
        return {name: InputRecord.from_data(item) for name, item in data.items() if isinstance(item, dict)}

    def store(self, records: Mapping[str, InputRecord]) -> None:
        """Record the inputs of a build that succeeded."""
        if not self._path:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: asdict(item) for name, item in records.items()}, sort_keys=True)
        write_text_atomic(self._path, text, synced=False)
