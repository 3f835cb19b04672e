"""The BuildKits of a session: which of them builds what, and another in its place once it is lost.

A plan is all that it takes to build a value, so any of them can build any plan. Which one is asked decides only what lies
in its cache: what belongs together, by the names of its stages, goes to one and the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from daglet import buildctl
from daglet.dockerfile import Plan
from daglet.errors import EngineLost


@dataclass(frozen=True, slots=True)
class Move:
    """A group of stages is built on a host from now on; `lost` is the one that it was on before, with the reason."""

    group: str
    host: str
    lost: str = ""
    reason: str = ""


@dataclass(slots=True)
class Pool:
    """Engines of the same kind of machine.

    Parameters
    ----------
    engines:
        The engines, at least one.
    places:
        The addresses where groups are to be built, for as long as they can be.
    on_move:
        Is told where each group is built.
    """

    engines: Sequence[buildctl.Engine]
    places: Mapping[str, str] = field(default_factory=dict)
    on_move: Callable[[Move], None] = lambda _: None
    _where: dict[str, str] = field(default_factory=dict)
    _lost: dict[str, str] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        """The platform that commands run on unless told otherwise."""
        return self.engines[0].platform

    async def solve(self, plan: Plan, inputs: buildctl.Inputs, output: str = "") -> buildctl.Result:
        """Build a plan's target, anew on another engine if the one that was to do it is lost.

        Raises
        ------
        EngineLost
            If none is left.
        BuildFailed
            As `buildctl.solve`.
        """
        while True:
            engine = self.engine(plan.group)
            try:
                return await buildctl.solve(engine, plan, inputs, output)
            except EngineLost as error:
                self._lost[engine.address] = error.reason
                if not self._left:
                    raise

    @property
    def _left(self) -> list[buildctl.Engine]:
        return [engine for engine in self.engines if engine.address not in self._lost]

    def engine(self, group: str) -> buildctl.Engine:
        """Return the engine that a group is built on now: of those that are left where its own is not."""
        left = self._left or self.engines
        wanted = self._where.get(group) or self.places.get(group)
        own = [engine for engine in left if engine.address == wanted]
        engine = own[0] if own else left[zlib.crc32(group.encode()) % len(left)]
        before = self._where.get(group, "")
        if group and engine.address != before:
            self._where[group] = engine.address
            self.on_move(Move(group, engine.address, before, self._lost.get(before, "")))
        return engine
