"""Whole months between days, as terms are counted: from the first day to the last."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def months_between(start: date, end: date) -> int | None:
    """The whole months of a term from its first to its last day; None where they are not whole."""
    following = end + timedelta(days=1)
    return (following.year - start.year) * 12 + following.month - start.month if following.day == start.day else None


def last_day_of(start: date, months: int) -> date:
    """The last day of so many months that begin with a day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])) - timedelta(days=1)
