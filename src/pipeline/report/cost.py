"""What the cache saves a team: minutes, money and waiting, with the formula and all that goes into it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from pipeline.report.model import Report, ServiceResult
from pipeline.report.paths import longest

_SECONDS = 60
_MINUTES = 60
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Team:
    """A team's own numbers. Prices in its currency, of a minute of a CI's machine and of an hour of an engineer's waiting."""

    engineers: int
    builds_a_day: float
    minute_price: float
    hour_price: float
    working_days: int
    currency: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a build took before and takes now, in seconds, and where that is known from."""

    before: float
    after: float
    before_from: str
    after_from: str


@dataclass(frozen=True, slots=True)
class Savings:
    """What is saved over a time: builds in it, minutes of a CI's machines, their price, and hours waited less, with theirs."""

    builds: float
    minutes: float
    money: float
    hours: float
    wages: float


def pace(runs: Sequence[Report]) -> Pace:
    """Return the pace of recorded runs that succeeded; `before` is what they would have taken without a cache."""
    counted = [run for run in runs if run.success]
    number = len(counted)
    if not number:
        return Pace(0.0, 0.0, "no recorded run", "no recorded run")
    after = sum(run.duration_seconds for run in counted) / number
    before = sum(uncached(run) for run in counted) / number
    kind = "run" if number == 1 else f"{number} runs"
    since = f"{counted[0].started[:10]} to {counted[-1].started[:10]}"
    return Pace(before, after, "the same, every stage run", f"mean of {kind}, {since}")


def uncached(run: Report) -> float:
    """Return how long a run would have taken in seconds, had every stage run. Services are taken to run side by side.

    The longest way through each service's stages is compared with the longest through those that did run: all else that
    the service took is as it was. A stage that came from the cache is as long as when it last ran.
    """
    slowest = max((service.duration_seconds for service in run.services), default=0.0)
    without = max((service.duration_seconds + _gain(service) for service in run.services), default=0.0)
    return run.duration_seconds + without - slowest


def _gain(service: ServiceResult) -> float:
    _, every = longest(service.stages, lambda stage: stage.duration_seconds + stage.saved_seconds)
    _, ran = longest(service.stages, lambda stage: stage.duration_seconds)
    return every - ran


def savings(team: Team, pace: Pace, days: float) -> Savings:
    """Return what is saved on so many working days."""
    builds = team.engineers * team.builds_a_day * days
    minutes = builds * (pace.before - pace.after) / _SECONDS
    hours = minutes / _MINUTES
    return Savings(builds, minutes, minutes * team.minute_price, hours, hours * team.hour_price)


def as_text(team: Team, pace: Pace) -> str:
    """Return the report for people: inputs, formula with the numbers in it, result."""
    return "\n".join([*_inputs(team, pace), "", *_formula(team, pace), "", *_results(team, pace)]) + "\n"


def as_json(team: Team, pace: Pace) -> str:
    """Return the report for programs."""
    spans = {name: asdict(savings(team, pace, days)) for name, days in _spans(team)}
    return json.dumps({"team": asdict(team), "pace": asdict(pace), "savings": spans}, indent=2) + "\n"


def _inputs(team: Team, pace: Pace) -> Iterator[str]:
    yield f"engineers          {team.engineers}"
    yield f"builds a day       {team.builds_a_day:g} each"
    yield f"a build before     {_clock(pace.before)}  ({pace.before_from})"
    yield f"a build now        {_clock(pace.after)}  ({pace.after_from})"
    yield f"price of a minute  {team.currency}{team.minute_price:g}"
    if team.hour_price:
        yield f"price of an hour   {team.currency}{team.hour_price:g} of an engineer's waiting"
    yield f"working days       {team.working_days} a year"


def _formula(team: Team, pace: Pace) -> Iterator[str]:
    day = savings(team, pace, 1)
    yield f"builds  = engineers * builds a day        {team.engineers} * {team.builds_a_day:g} = {day.builds:,.0f} a day"
    difference = f"({pace.before:.1f} - {pace.after:.1f}) / 60"
    yield f"minutes = builds * (before - now) / 60    {day.builds:,.0f} * {difference} = {day.minutes:,.1f} a day"
    money = f"{day.minutes:,.1f} * {team.currency}{team.minute_price:g}"
    yield f"money   = minutes * price of a minute     {money} = {team.currency}{day.money:,.2f} a day"
    yield f"waiting = minutes / 60                    {day.minutes:,.1f} / 60 = {day.hours:,.1f} hours a day"


def _results(team: Team, pace: Pace) -> Iterator[str]:
    if pace.before and pace.after:
        yield f"a build: {pace.before / pace.after:.1f} times as fast, {1 - pace.after / pace.before:.1%} less time"
    for name, days in _spans(team):
        saved = savings(team, pace, days)
        wages = f", {team.currency}{saved.wages:,.0f} of it" if team.hour_price else ""
        yield (
            f"a {name:<6} {saved.builds:>11,.0f} builds {saved.minutes:>13,.0f} minutes "
            f"{team.currency + format(saved.money, ',.0f'):>12} {saved.hours:>10,.0f} hours of waiting{wages}"
        )


def _spans(team: Team) -> tuple[tuple[str, float], ...]:
    return (("day", 1), ("month", team.working_days / _MONTHS), ("year", team.working_days))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, _SECONDS)
    return f"{minutes:.0f} m {rest:04.1f} s" if minutes else f"{rest:.1f} s"
