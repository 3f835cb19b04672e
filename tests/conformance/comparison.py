"""When two observations agree, and where the recorded ones lie."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_RECORDED = _FOLDER / "recorded"
_DIFFERENCES = _FOLDER / "differences.json"


def in_terms_of(recorded: Any, seen: Any) -> Any:
    """Return what was seen, without what may differ from the recorded: an error's wording, and a time that nobody set.

    Where a Dagger Engine leaves the present time, daglet is free to choose one that is the same each time.
    """
    match recorded, seen:
        case {"refused": _}, {"refused": _}:
            return recorded
        case dict(), dict():
            unset = "mode" in recorded and "time" not in recorded
            return {key: in_terms_of(recorded.get(key), value) for key, value in seen.items() if not (unset and key == "time")}
        case list(), list() if len(recorded) == len(seen):
            return [in_terms_of(*pair) for pair in zip(recorded, seen, strict=True)]
        case _:
            return seen


def recordings() -> dict[str, Any]:
    """Return what a Dagger Engine made of each program."""
    return {name: seen for path in sorted(_RECORDED.glob("*.json")) for name, seen in _load(path)["programs"].items()}


def record(engine: str, seen: Mapping[str, Any], programs: Iterable[str]) -> None:
    """Keep what an engine of a version made of programs, a file a group, and drop what is a program no more."""
    names = set(programs)
    for group in {name.partition("/")[0] for name in names}:
        path = _RECORDED / f"{group}.json"
        known = _load(path)["programs"] if path.exists() else {}
        merged = {**known, **{name: value for name, value in seen.items() if name.startswith(f"{group}/")}}
        kept = {name: merged[name] for name in sorted(merged) if name in names}
        if kept:
            _RECORDED.mkdir(exist_ok=True)
            path.write_text(text({"engine": engine, "programs": kept}), encoding="utf-8")


def differences() -> dict[str, Any]:
    """Return the programs that are known to differ: why, and what daglet makes of them."""
    known: dict[str, Any] = _load(_DIFFERENCES)
    return known


def text(value: Any) -> str:
    """Return JSON for people."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
