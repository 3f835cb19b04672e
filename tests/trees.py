"""Repositories that tests write, as names and contents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def write(root: Path, files: Mapping[str, object]) -> None:
    """Write files below a folder: a text as it is, all else as JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
