"""What this machine's engine has made or taken before: a stage that it made is in its own cache and need not be asked for.

It is a note. Where an engine has lost a stage, it runs once more and is asked for the next time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pipeline.cache.entry import Entry
from pipeline.files import write_text_atomic

_MADE = "made"


class Known:
    """The keys of stages, in a folder of the user's: a small file for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def was_made(self, key: str) -> bool:
        """Whether this machine's engine has run the stage."""
        return self._read(key) == _MADE

    def restored(self, key: str) -> Entry | None:
        """Return the entry that this machine's engine has taken the stage from, None if there is none."""
        try:
            return Entry(**json.loads(self._read(key) or "null"))
        except (ValueError, TypeError):
            return None

    def note(self, statuses: Mapping[str, str], keys: Mapping[str, str], entries: Mapping[str, Entry]) -> None:
        """Note what became of stages, by stage: what was made, and what was taken from where."""
        for stage, key in keys.items():
            status = statuses.get(stage)
            if stage in entries:
                write_text_atomic(self._folder / key, json.dumps(asdict(entries[stage])), synced=False)
            elif status == "executed" and self.was_made(key):
                # The engine had it and has lost it: perhaps all that it had.
                (self._folder / key).unlink(missing_ok=True)
            elif status in {"executed", "cached"}:
                write_text_atomic(self._folder / key, _MADE, synced=False)

    def note_volume(self, key: str, entry: Entry | None) -> None:
        """Note that a stage ran with a cache volume's content out of the registry, or with the engine's own."""
        write_text_atomic(self._folder / key, json.dumps(asdict(entry)) if entry else _MADE, synced=False)

    def _read(self, key: str) -> str:
        try:
            return (self._folder / key).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""
