"""Progress on a terminal: the services that run, a line each with their stages, below those that have ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TextIO

from pipeline.progress.lines import Progress, described

if TYPE_CHECKING:
    from rich.console import Group

    from pipeline.report.model import ServiceResult

_REFRESHES_A_SECOND = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_STATUSES = frozenset({"built", "failed", "timeout", "cancelled", "error"})


@dataclass(slots=True)
class _Running:
    """A service that runs: since when by the monotonic clock, its stages, and what is known of those that are there."""

    since: float
    stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)

    def now(self) -> set[str]:
        """Return the stages that run: they are not there, and all that they need is."""
        return {name for name, needs in self.stages.items() if name not in self.there and self.there.keys() >= set(needs)}


class Terminal(Progress):
    """A region that is drawn again and again. The library that draws it is loaded when there is something to draw."""

    patience: ClassVar[float] = 3

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._running: dict[str, _Running] = {}
        self._live: Any = None

    def __call__(self, text: str) -> None:
        """Write a line above the region."""
        if self._live:
            self._live.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    def event(self, service: str, text: str) -> None:
        """Take in what the region shows; write the rest above it."""
        if text == "started":
            self._running[service] = _Running(time.monotonic())
        elif text not in _STATUSES:
            super().event(service, text)

    def planned(self, service: str, stages: Mapping[str, tuple[str, ...]]) -> None:
        """Take in a service's stages."""
        self._running[service].stages = stages

    def finished(self, service: str, stage: str, seconds: float, *, cached: bool) -> None:
        """Take in that a stage is there."""
        self._running[service].there[stage] = "cached" if cached else f"{seconds:.1f} s"

    def ended(self, result: ServiceResult) -> None:
        """Move a service out of the region, to the lines above it."""
        self._running.pop(result.service_name, None)
        sign, style = ("✓", "green") if result.success else ("✕", "bold red")
        self._print(f"[{style}]{sign}[/] [bold]{result.service_name:<20}[/] {described(result)}")
        if not result.success:
            self(f"  {result.error_message.partition(chr(10))[0]}")

    def __enter__(self) -> Self:
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.live import Live  # noqa: PLC0415

        console = Console(file=self._stream, force_terminal=True, soft_wrap=True)
        self._live = Live(console=console, get_renderable=self._region, refresh_per_second=_REFRESHES_A_SECOND, transient=True)
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._live.stop()
        self._live = None

    def _print(self, markup: str) -> None:
        self._live.console.print(markup, highlight=False)

    def _region(self) -> Group:
        """Return a line for each service that runs. What does not fit is cut off its end, where the last stages stand."""
        from rich.console import Group  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        now = time.monotonic()
        sign = _SPINNER[int(now * _REFRESHES_A_SECOND) % len(_SPINNER)]
        lines = []
        for name, service in list(self._running.items()):
            line = Text(no_wrap=True, overflow="ellipsis")
            line.append(f"{sign} ", "cyan").append(f"{name:<20}", "bold").append(f"{now - service.since:>7.1f} s ")
            running = service.now() if service.there else set()
            for stage in service.stages:
                style = "green" if service.there.get(stage) == "cached" else "cyan"
                if stage in service.there:
                    line.append(f" {stage} {service.there[stage]} ", style)
                else:
                    line.append(f" {stage} ", "bold" if stage in running else "dim")
            lines.append(line)
        return Group(*lines)
