"""Where the state of an engine lies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_SOCKET_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of an engine.

    Parameters
    ----------
    state:
        The folder with everything of it: BuildKit's own state, locks, the log.
    cache:
        The folder with the programs.
    """

    state: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Layout:
        """Return the user's own layout; DAGLET_STATE and DAGLET_CACHE name other folders."""
        state = environ.get("DAGLET_STATE") or platformdirs.user_state_path("daglet")
        cache = environ.get("DAGLET_CACHE") or platformdirs.user_cache_path("daglet")
        return cls(Path(state).resolve(), Path(cache).resolve())

    @property
    def engine(self) -> Path:
        """BuildKit's own state."""
        return self.state / "engine"

    @property
    def settings(self) -> Path:
        """BuildKit's own settings, written anew at each start."""
        return self.state / "buildkitd.toml"

    @property
    def socket(self) -> Path:
        """The engine's socket. The kernel limits such a path to 107 bytes, so a deep folder gets a short one elsewhere."""
        direct = self.state / "buildkitd.sock"
        if len(os.fsencode(direct)) <= _SOCKET_LIMIT:
            return direct
        name = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        return platformdirs.user_runtime_path("daglet") / f"{name}.sock"

    @property
    def address(self) -> str:
        """The engine's address, as BUILDKIT_HOST would name it."""
        return f"unix://{self.socket}"

    @property
    def clients(self) -> Path:
        """The file that each client holds a shared lock on, and a supervisor that ends its engine an exclusive one."""
        return self.state / "clients.lock"

    @property
    def start(self) -> Path:
        """The file that is locked while an engine is being started."""
        return self.state / "start.lock"

    @property
    def life(self) -> Path:
        """The file that is locked for as long as an engine or its supervisor lives."""
        return self.state / "engine.lock"

    @property
    def unsynced(self) -> Path:
        """The file that is there while the state may not be on the disk yet. It holds the id of the boot that it is of."""
        return self.state / "unsynced"

    @property
    def keep(self) -> Path:
        """The file whose presence keeps the engine that runs up without clients."""
        return self.state / "keep"

    @property
    def log(self) -> Path:
        """The log of the engine that runs, or ran last."""
        return self.state / "buildkitd.log"

    @property
    def log_before(self) -> Path:
        """The log of the engine before that."""
        return self.state / "buildkitd.log.1"
