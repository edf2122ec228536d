"""The working-day calendar of mainland China as pinned data; a year without a published notice is provisional."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

FIRST, LAST = date(2014, 1, 1), date(2045, 12, 31)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day: `work_before` counts the working days before it since the first day, `next_workday` is the day itself
    if it is a working day."""

    day: date
    is_workday: bool
    work_before: int
    next_workday: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class _Pinned:
    version: str
    years: range
    off: frozenset[date]
    worked: frozenset[date]


@cache
def _pinned() -> _Pinned:
    raw = YAML(typ="safe").load(files("compliance.calendar").joinpath("china.yaml").read_text(encoding="utf-8"))

    def days(kind: str) -> frozenset[date]:
        return frozenset(date.fromisoformat(f"{year}-{text}") for year, found in raw["years"].items() for text in found[kind])

    years = range(raw["first_published_year"], raw["last_published_year"] + 1)
    return _Pinned(str(raw["version"]), years, days("off"), days("worked"))


def calendar_version() -> str:
    return _pinned().version


def last_published_year() -> int:
    """The last year for which the State Council has published the working days."""
    return _pinned().years[-1]


def is_workday(day: date) -> bool:
    """Monday to Friday but for the days off of the notice, and the weekend days it makes working days."""
    pinned = _pinned()
    return day in pinned.worked or (day.weekday() < 5 and day not in pinned.off)


@cache
def calendar_days(first: date = FIRST, last: date = LAST) -> tuple[CalendarDay, ...]:
    """Every day from first to last in order."""
    years = _pinned().years
    span = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    working = [is_workday(d) for d in span]
    following = roll(last)
    next_workdays = []
    for day, works in zip(reversed(span), reversed(working), strict=True):
        following = day if works else following
        next_workdays.append(following)
    next_workdays.reverse()
    result, before = [], 0
    for day, works, following in zip(span, working, next_workdays, strict=True):
        result.append(CalendarDay(day, works, before, following, day.year not in years))
        before += works
    return tuple(result)


def roll(day: date) -> date:
    """The day itself, or the next working day if it is a rest day (Civil Code art. 203)."""
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def workdays_after(day: date, n: int) -> date:
    """The n-th working day after a day, which is not counted itself."""
    for _ in range(n):
        day = roll(day + timedelta(days=1))
    return day


def workdays_before(day: date, n: int) -> date:
    """The n-th working day before a day, which is not counted itself."""
    for _ in range(n):
        day -= timedelta(days=1)
        while not is_workday(day):
            day -= timedelta(days=1)
    return day
