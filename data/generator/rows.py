"""What a service year is made of: days, months, moments, and choices that are the same on every machine."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from compliance.linting.loading import load_contract
from compliance.model.contract import Contract

RULES = Path(__file__).resolve().parents[2] / "rules"
Rows = list[dict[str, Any]]
Tables = dict[str, Rows]


@cache
def contract(name: str) -> Contract:
    loaded, problems = load_contract(RULES, name)
    assert loaded is not None, problems
    return loaded.contract


def term(name: str, key: str) -> str:
    """A figure of the contract, as it is printed there."""
    return str(contract(name).terms[key].value)


def payee(name: str) -> dict[str, str]:
    """The account that the contract names."""
    terms = contract(name).terms
    return {k: str(terms[k].value) for k in ("payee_name", "payee_bank", "payee_account") if k in terms}


def pick(n: int, *key: object) -> int:
    """A number below n that depends on the key alone."""
    return zlib.crc32("/".join(map(str, key)).encode()) % n


def days(first: str, last: str) -> Iterator[date]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield day
        day += timedelta(days=1)


def months(first: str, number: int) -> list[tuple[str, str]]:
    """First and last days of successive months, which begin on the day of `first`."""
    start = date.fromisoformat(first)

    def begin(i: int) -> date:
        years, month = divmod(start.month - 1 + i, 12)
        return date(start.year + years, month + 1, start.day)

    return [(begin(i).isoformat(), (begin(i + 1) - timedelta(days=1)).isoformat()) for i in range(number)]


def plus(day: str, number: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=number)).isoformat()


def at(day: str | date, minutes: int) -> str:
    """A moment: minutes after the midnight with which the day begins, also of a later day."""
    extra, rest = divmod(minutes, 1440)
    start = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{(start + timedelta(days=extra)).isoformat()} {rest // 60:02}:{rest % 60:02}"


def people(prefix: str, number: int, first: int = 1) -> list[str]:
    return [f"{prefix}{i:03}" for i in range(first, first + number)]


def numbered(key: str, prefix: str, rows: Sequence[dict[str, Any]]) -> Rows:
    """The rows with their keys in front."""
    width = 3 if len(rows) < 1000 else 5
    return [{key: f"{prefix}-{i:0{width}}", **row} for i, row in enumerate(rows, start=1)]
