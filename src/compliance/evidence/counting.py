"""What one pass over the cells of a table tells: how many are filled, up to which day they go, and which need no reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec
from compliance.evidence.parsing import AFTER_LAST_DAY, FIRST_DAY, SQL_TYPES, is_plain, quoted, text_literal

Run = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows; filled cells a column; columns of moments some of which are known only to the day; the last day of each dated column."""

    rows: int
    filled: Mapping[str, int]
    to_day: frozenset[str]
    latest: Mapping[str, date | None]


@dataclass(frozen=True, slots=True)
class Profile:
    """A typed file before it is read: `settled` are the columns all of whose cells already are what reading them would give.

    `counts` are those of the settled columns.
    """

    counts: Counts
    settled: frozenset[str]


def count_cells(run: Run, source: str, columns: Sequence[ColumnSpec]) -> Counts:
    """The counts of columns that are of the types of the dictionary, in one pass over a source of SQL."""
    return count_and_ask(run, source, columns, ())[0]


def count_and_ask(run: Run, source: str, columns: Sequence[ColumnSpec], questions: Sequence[str]) -> tuple[Counts, Sequence[Any]]:
    """The counts, and the answers to further aggregates of SQL, in the same pass."""
    counts = _asked(columns)
    [found] = run(f"SELECT {', '.join([*counts, *questions])} FROM {source}")
    return _counts(columns, found[:len(counts)]), found[len(counts):]


def profile_cells(run: Run, source: str, spec: TableSpec, physical: Mapping[str, str], dictionary: Dictionary) -> Profile:
    """Counts and settled columns of a source in one pass, which reads every cell of these columns."""
    questions = {c: question for c in spec.columns if (question := _is_settled(c, physical.get(c.name), dictionary))}
    counts, answers = count_and_ask(run, source, list(questions), list(questions.values()))
    return Profile(counts, frozenset(c.name for c, answer in zip(questions, answers, strict=True) if answer))


def together(counts: Sequence[Counts]) -> Counts:
    """The counts of a table that was handed over in parts with the same columns."""
    return Counts(
        sum(c.rows for c in counts), {name: sum(c.filled[name] for c in counts) for name in counts[0].filled},
        frozenset().union(*(c.to_day for c in counts)),
        {name: max((day for c in counts if (day := c.latest[name]) is not None), default=None) for name in counts[0].latest})


def _moments(columns: Sequence[ColumnSpec]) -> list[str]:
    return [c.name for c in columns if c.type == "datetime"]


def _dated(columns: Sequence[ColumnSpec]) -> list[str]:
    return [c.name for c in columns if c.is_event_date or c.name == "recorded_on"]


def _asked(columns: Sequence[ColumnSpec]) -> list[str]:
    return ["count(*)", *(f"count({quoted(c.name)})" for c in columns),
            # A day is kept as its first microsecond, which is odd; that an exact moment may be odd too costs only time.
            *(f"coalesce(bool_or(epoch_us({quoted(c)}) & 1 = 1), FALSE)" for c in _moments(columns)),
            *(_last_day(quoted(c)) for c in _dated(columns))]


def _last_day(name: str) -> str:
    """SQL: the last day of a column, at most the last that Python has."""
    last = "DATE '9999-12-31'"
    return f"CAST(CASE WHEN max({name}) > {last} THEN {last} ELSE max({name}) END AS DATE)"


def _counts(columns: Sequence[ColumnSpec], found: Sequence[Any]) -> Counts:
    moments, dated = _moments(columns), _dated(columns)
    rows, cells = found[0], iter(found[1:])
    filled = {c.name: next(cells) for c in columns}
    to_day = {c: next(cells) for c in moments}
    return Counts(rows, filled, frozenset(c for c, some in to_day.items() if some), {c: next(cells) for c in dated})


def _is_settled(column: ColumnSpec, physical: str | None, dictionary: Dictionary) -> str | None:
    """SQL over a column: whether every cell is what reading it would give; None where that is not asked of it."""
    name = quoted(column.name)
    if physical == SQL_TYPES[column.type] != "VARCHAR":
        if column.type in ("date", "datetime"):
            return f"coalesce(min({name}) >= {FIRST_DAY} AND max({name}) < {AFTER_LAST_DAY}, TRUE)"
        return f"max({name}) IS NULL OR count({name}) > 0"  # always true, and every cell is read for it
    if physical == "VARCHAR" and column.type == "text":
        return f"count(*) FILTER (NOT ({is_plain(name)})) = 0"
    if physical == "VARCHAR" and column.enum is not None:
        codes = ", ".join(text_literal(c.code) for c in dictionary.code_lists[column.enum].values)
        return f"count(*) FILTER (NOT list_contains([{codes}], {name})) = 0"
    return None
