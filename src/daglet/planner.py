"""A session that builds nothing and keeps the Dockerfiles of what it is asked to build."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from daglet import dockerfile
from daglet import operations as ops
from daglet.evaluate import Evaluator
from daglet.host import HostSettings, own_platform
from daglet.pool import Pool


class _NoEngine:
    address = ""
    identity = ""
    buildctl = Path()
    shim = Path()
    platform = own_platform()
    credentials = ()


@dataclass(slots=True)
class Planner(Evaluator):
    """Renders what `sync` is asked for, without the mounts for settings of the host."""

    plans: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, stage_variable: str, scratch: Path) -> Planner:
        """Return a planner that keeps what it must in a folder."""
        return cls(Pool([_NoEngine()]), scratch, HostSettings(None, {}), stage_variable)

    async def sync(self, node: ops.Container | ops.Directory | ops.File) -> None:
        """Keep the Dockerfile of a value."""
        self.plans.append(dockerfile.dump(dockerfile.render(node, dockerfile.Options(self.stage_variable))))
