"""Periods of the calendar and of the contract, with the subject that names each."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_LETTER = {"month": "M", "quarter": "Q", "half_year": "H", "year": "Y"}


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, clipped to the window; `no` counts from 1."""

    subject: str
    start: date
    end: date
    no: int


def add_months(day: date, months: int) -> date:
    """Same day number, or the last day of the month if there is none (Civil Code art. 202)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def periods(kind: str, of: str, first: date, last: date, begun_by: date | None) -> list[Period]:
    """Periods that meet first..last; with `begun_by` only those that have begun by that day."""
    every = _contract_periods(kind, first, last) if of == "service" else _calendar_periods(kind, first, last)
    return [p for p in every if begun_by is None or p.start <= begun_by]


def _contract_periods(kind: str, first: date, last: date) -> list[Period]:
    months, found = _MONTHS[kind], []
    while (start := add_months(first, months * len(found))) <= last:
        no = len(found) + 1
        end = add_months(first, months * no) - timedelta(days=1)
        width = "02" if kind == "month" else ""
        found.append(Period(f"term-{_LETTER[kind]}{no:{width}}", start, min(end, last), no))
    return found


def _calendar_periods(kind: str, first: date, last: date) -> list[Period]:
    found: list[Period] = []
    start = _start_of(kind, first)
    while start <= last:
        following = _next(kind, start)
        found.append(Period(_subject(kind, start), max(start, first), min(following - timedelta(days=1), last),
                            len(found) + 1))
        start = following
    return found


def _start_of(kind: str, day: date) -> date:
    match kind:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            months = _MONTHS[kind]
            return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next(kind: str, start: date) -> date:
    match kind:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case _:
            return add_months(start, _MONTHS[kind])


def _subject(kind: str, start: date) -> str:
    match kind:
        case "day":
            return start.isoformat()
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return f"{start.year}-{start.month:02}"
        case "quarter":
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case "half_year":
            return f"{start.year}-H{1 if start.month <= 6 else 2}"
        case _:
            return str(start.year)
