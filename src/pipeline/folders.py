"""Folders of the user's, outside any repository."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the user's folder for bases, downloads and what was found out about layers; PIPELINE_CACHE names another."""
    return Path(os.environ.get("PIPELINE_CACHE") or platformdirs.user_cache_path("pipeline"))


def state_folder() -> Path:
    """Return the user's folder for what is remembered from run to run; PIPELINE_STATE names another."""
    return Path(os.environ.get("PIPELINE_STATE") or platformdirs.user_state_path("pipeline"))
